"""Every change that a person can make is written down by the database, whichever way it came."""

from __future__ import annotations

from contextvars import Context
from datetime import date

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.audited import AUDITED, TRIGGER, set_triggers
from accounts.enums import AuditAction, StaffDuty
from accounts.models import AuditEntry, Contract, Household, User, Utility
from accounts.scope import across_utilities, utility_scope
from accounts.told import acting
from tests.factories import a_clerk, a_contract, a_household, a_user, a_utility

pytestmark = pytest.mark.django_db


def entries(table: str) -> list[AuditEntry]:
    """What is written down about a table, oldest first."""
    with across_utilities("a test reads the audit"):
        return list(AuditEntry.objects.filter(table=table).order_by("pk"))


def test_added_changed_and_deleted_are_told_with_old_and_new(household: Household) -> None:
    contract = a_contract(household=household, customer_name="Li Na")
    with acting(7, reason="moved out"):
        Contract.objects.filter(pk=contract.pk).update(ends_on=date(2026, 5, 1), customer_name="Li N.")
    contract.delete()

    added, changed, deleted = entries("accounts_contract")

    assert [row.action for row in (added, changed, deleted)] == [*AuditAction]
    assert added.changed["customer_name"] == [None, "Li Na"]
    assert changed.changed == {"ends_on": [None, "2026-05-01"], "customer_name": ["Li Na", "Li N."]}
    assert (changed.actor_id, changed.reason) == (7, "moved out")
    assert (added.actor_id, added.reason) == (None, "")
    assert deleted.changed["customer_name"] == ["Li N.", None]
    assert {row.utility_id for row in (added, changed, deleted)} == {household.utility_id}


def test_plain_sql_is_told_too_and_no_change_is_none(household: Household) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_household SET storey = 9 WHERE id = %s", [household.pk])
        cursor.execute("UPDATE accounts_household SET storey = 9 WHERE id = %s", [household.pk])

    assert [row.changed for row in entries("accounts_household")[1:]] == [{"storey": [household.storey, 9]}]


def test_a_password_is_never_in_it(scoped: Utility) -> None:
    person = a_user()
    person.set_password("another one, quite long")
    person.save()

    (added,) = entries("accounts_user")
    assert "password" not in added.changed
    assert added.utility_id == scoped.pk


def test_who_acts_is_told_anew_after_a_rollback(household: Household) -> None:
    rows = Household.objects.filter(pk=household.pk)
    with acting(1), transaction.atomic():
        rows.update(storey=4)
        with acting(2), transaction.atomic():
            rows.update(storey=5)
            transaction.set_rollback(True)
        rows.update(storey=6)
        with acting(2):
            rows.update(storey=7)
    rows.update(storey=8)

    told = [(row.changed["storey"][1], row.actor_id) for row in entries("accounts_household")[1:]]
    assert told == [(4, 1), (6, 1), (7, 2), (8, None)]


@pytest.mark.django_db(transaction=True)
def test_who_acts_is_told_anew_in_the_next_transaction() -> None:
    with utility_scope(a_utility()):
        rows = Household.objects.filter(pk=a_household().pk)
        with acting(1):
            with transaction.atomic():
                rows.update(storey=4)
                transaction.set_rollback(True)
            with transaction.atomic():
                assert rows.exists()
                rows.update(storey=5)

    assert [(row.changed["storey"][1], row.actor_id) for row in entries("accounts_household")[1:]] == [(5, 1)]


def test_it_cannot_be_changed_or_deleted(household: Household) -> None:
    rows = AuditEntry.objects.filter(table="accounts_household", row=str(household.pk))
    assert rows.exists()

    for change in (lambda: rows.update(reason="none"), rows.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_every_audited_table_has_its_trigger_and_gets_it_back() -> None:
    tables = {apps.get_model(label)._meta.db_table for label in AUDITED}
    set_on = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {TRIGGER} ON accounts_contract")
        set_triggers()
        cursor.execute(set_on, [TRIGGER])
        assert {name for (name,) in cursor.fetchall()} == tables


@pytest.mark.parametrize(
    ("duty", "status"), [(StaffDuty.AUDITOR, 200), (StaffDuty.ADMIN, 200), (StaffDuty.SERVICE, 403)]
)
def test_auditors_and_administrators_read_it_at_the_desk(
    client: Client, household: Household, duty: StaffDuty, status: int
) -> None:
    admin = a_clerk(duty=StaffDuty.ADMIN)
    client.force_login(admin)
    path = f"/admin/customers/{household.pk}/"
    person = a_user()
    asked = {"do": "admit", "email": person.email, "role": "owner", "starts_on": "2026-01-01"}
    Context().run(client.post, path, asked)
    client.force_login(a_clerk(duty=duty))

    answer = client.get("/admin/accounts/auditentry/", {"table": "accounts_membership"})

    (entry,) = entries("accounts_membership")
    assert (entry.actor_id, entry.reason) == (admin.pk, f"POST {path}")
    assert answer.status_code == status
    assert (f"POST {path}" in answer.content.decode()) == (status == 200)


def test_one_utility_reads_nothing_of_anothers(household: Household) -> None:
    assert household.pk
    with utility_scope(a_utility()):
        assert not AuditEntry.objects.filter(table="accounts_household").exists()


def test_a_person_changed_with_no_utility_in_scope_is_nobodys() -> None:
    person = User.objects.create_user("nobody@example.com", "warm rooms for all 24")

    (entry,) = entries("accounts_user")
    assert (entry.row, entry.utility_id) == (str(person.pk), None)
