"""The registry of plant signals at the desk: seen by all, changed by those it belongs to."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import StaffDuty
from accounts.models import User, Utility
from accounts.scope import utility_scope
from metering.models import TagLimits, TelemetryTag
from tests.factories import a_clerk, a_utility

LIST = reverse("admin:metering_telemetrytag_changelist")
ADD = reverse("admin:metering_telemetrytag_add")


@pytest.fixture
def engineer(client: Client, scoped: Utility) -> Client:  # noqa: ARG001 - the scope
    """A clerk of the network."""
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    return client


def form(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - form fields
    """A filled-in form of a signal."""
    return {"name": "own_chimney_c", "unit": "°C", "kind": "measurement", "low": "0", "high": "600", **fields}


def test_a_signal_is_found_by_its_label(engineer: Client) -> None:
    page = engineer.get(LIST, {"q": "heating circuit 2: supply temperature"}).content.decode()

    assert "circuit_2_supply_c" in page
    assert "circuit_1_supply_c" not in page


def test_an_engineer_adds_a_signal_of_their_own_and_no_shared_one(engineer: Client, scoped: Utility) -> None:
    refused = engineer.post(ADD, form(name="chimney_c"))
    assert "begins with &#x27;own_&#x27;" in refused.content.decode()

    assert engineer.post(ADD, form()).status_code == HTTPStatus.FOUND

    assert TelemetryTag.objects.get(name="own_chimney_c").utility == scoped
    assert not TelemetryTag.objects.filter(name="chimney_c").exists()


def test_the_vocabulary_itself_is_changed_by_a_superuser_only(engineer: Client) -> None:
    tag = TelemetryTag.objects.get(name="outdoor_c")
    address = reverse("admin:metering_telemetrytag_change", args=[tag.pk])

    refused = engineer.post(address, form(name="outdoor_c", low="-80", high="60"))
    assert refused.status_code == HTTPStatus.FORBIDDEN
    engineer.force_login(User.objects.create_superuser("root@example.com", "root of all"))
    assert (
        engineer.post(address, form(name="outdoor_c", low="-80", high="60")).status_code == HTTPStatus.FOUND
    )

    tag.refresh_from_db()
    assert (tag.low, tag.utility) == (-80, None)


def test_another_utilitys_own_signal_is_neither_seen_nor_limited(engineer: Client) -> None:
    foreign_utility = a_utility()
    foreign = TelemetryTag.objects.create(
        utility=foreign_utility, name="own_secret_c", unit="°C", low=0, high=1
    )

    assert "own_secret_c" not in engineer.get(LIST, {"q": "own_"}).content.decode()
    answer = engineer.post(reverse("admin:metering_taglimits_add"), {"tag": foreign.pk, "warning_high": "5"})

    assert answer.status_code == HTTPStatus.OK  # the form again, with an error
    with utility_scope(foreign_utility):
        assert TagLimits.objects.count() == 0


def test_an_engineer_sets_limits(engineer: Client) -> None:
    tag = TelemetryTag.objects.get(name="secondary_supply_c")

    answer = engineer.post(
        reverse("admin:metering_taglimits_add"), {"tag": tag.pk, "warning_high": "60", "alarm_high": "70"}
    )

    assert answer.status_code == HTTPStatus.FOUND
    assert (TagLimits.objects.get().warning_high, TagLimits.objects.get().alarm_high) == (60, 70)


def test_a_range_that_would_be_empty_is_refused_in_words(engineer: Client) -> None:
    tag = TelemetryTag.objects.get(name="secondary_supply_c")

    answer = engineer.post(reverse("admin:metering_taglimits_add"), {"tag": tag.pk, "low": "200"})

    assert "would be empty" in answer.content.decode()
    assert TagLimits.objects.count() == 0
