"""The vocabulary of plant signals: large, regular, sane, and said in two languages."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils import translation

from metering.enums import TagKind
from metering.models import TelemetryTag
from metering.vocabulary import TAGS, label_of

# What a name ends in, and the unit it therefore has.
UNITS = {
    "_c": "°C",
    "_kpa": "kPa",
    "_l_h": "l/h",
    "_w": "W",
    "_wh": "Wh",
    "_l": "l",
    "_pct": "%",
    "_hz": "Hz",
    "_a": "A",
    "_v": "V",
    "_h": "h",
    "_rpm": "1/min",
    "_mmol_l": "mmol/l",
    "_mg_l": "mg/l",
    "_k": "K",
}


def test_it_has_more_than_seven_hundred_signals_of_every_kind() -> None:
    kinds = Counter(tag.kind for tag in TAGS.values())

    assert len(TAGS) == 1037
    assert kinds.keys() == set(TagKind)


@pytest.mark.parametrize(
    "name",
    [
        *("primary_supply_c", "primary_return_c", "secondary_supply_c", "secondary_return_c"),
        *("secondary_supply_target_c", "secondary_flow_l_h", "heat_power_w", "outdoor_c"),
        *("pump_hz", "valve_pct", "pressure_kpa"),
    ],
)
def test_the_names_of_the_contract_stay(name: str) -> None:
    assert name in TAGS


def test_every_name_is_spelt_alike_and_fits_its_column() -> None:
    assert [name for name in TAGS if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > 64] == []


def test_the_unit_stands_in_the_name() -> None:
    for name, tag in TAGS.items():
        ends = max((end for end in UNITS if name.endswith(end)), key=len, default="")
        assert not ends or UNITS[ends] == tag.unit, name


def test_limits_ascend_within_what_can_be_true() -> None:
    for tag in TAGS.values():
        limits = [tag.low, *(limit for limit in tag.limits if limit is not None), tag.high]
        assert all(low <= high for low, high in pairwise(limits)), tag.name
        assert tag.low < tag.high


def test_labels_are_said_in_both_languages_and_told_apart() -> None:
    for language in ("en", "zh-hans"):
        with translation.override(language):
            labels = Counter(tag.label for tag in TAGS.values())
        assert [label for label, times in labels.items() if times > 1] == []
    with translation.override("en"):
        assert label_of("circuit_2_supply_c") == "Heating circuit 2: supply temperature"
    with translation.override("zh-hans"):
        assert label_of("circuit_2_supply_c") == "供热回路 2\uff1a供水温度"


def test_a_name_nobody_knows_is_its_own_label() -> None:
    assert label_of("own_chimney_c") == "own_chimney_c"


@pytest.mark.django_db
def test_the_table_holds_it_all_and_writing_again_wastes_no_number() -> None:
    call_command("migrate", verbosity=0)
    before = TelemetryTag.objects.order_by("-id").values_list("id", flat=True)[0]
    TelemetryTag.objects.filter(name="outdoor_c").update(high=70)

    for _ in range(3):
        post_migrate.send(
            sender=apps.get_app_config("metering"),
            using="default",
            apps=apps,
            app_config=apps.get_app_config("metering"),
            verbosity=0,
            interactive=False,
            plan=[],
        )

    assert TelemetryTag.objects.count() == len(TAGS)
    assert TelemetryTag.objects.get(name="outdoor_c").high == 70  # what an operator changed stays
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM pg_sequences WHERE sequencename LIKE 'metering_telemetrytag%'")
        assert cursor.fetchone() == (before,)
