"""A round of all utilities goes on past one that fails."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import Utility
from accounts.rounds import each_utility
from accounts.scope import current_utility_id
from tests.factories import a_utility

pytestmark = pytest.mark.django_db


def test_every_utility_has_its_turn_in_its_own_scope() -> None:
    ours = [a_utility().pk, a_utility().pk]
    seen: list[int] = []

    each_utility(lambda utility: seen.append(utility.pk + 1_000_000 * (utility.pk != current_utility_id())))

    assert [pk for pk in seen if pk in ours] == ours
    assert max(seen) < 1_000_000


def test_a_database_that_fails_one_serves_the_others_is_named_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad, good = a_utility(), a_utility()
    served: list[int] = []

    def work(utility: Utility) -> None:
        if utility == bad:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT FROM nowhere")
        served.append(utility.pk)

    with pytest.raises(ProgrammingError, match="nowhere"):
        each_utility(work)

    assert good.pk in served
    assert bad.pk not in served
    assert [(record.getMessage(), bool(record.exc_info)) for record in caplog.records] == [
        (f"{bad.slug}: its turn failed", True)
    ]


def test_whatever_else_fails_serves_the_others_and_none_is_forgotten(
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second, good = a_utility(), a_utility(), a_utility()
    served: list[int] = []

    def work(utility: Utility) -> None:
        if utility in {first, second}:
            raise ValueError(utility.slug)
        served.append(utility.pk)

    with pytest.raises(ValueError, match=second.slug):
        each_utility(work)

    assert good.pk in served
    said = [record.getMessage().split(":")[0] for record in caplog.records]
    assert said == [first.slug, second.slug]
