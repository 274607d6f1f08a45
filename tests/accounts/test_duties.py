"""What each duty allows, where and when."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import StaffRole, User, Utility
from accounts.scope import utility_scope
from tests.factories import a_clerk, a_user, a_utility


def fresh(user: User) -> User:
    """The same person in a request of its own: permissions are kept only within one."""
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize(
    ("duty", "allowed", "refused"),
    [
        (StaffDuty.SERVICE, "accounts.change_contract", "billing.change_invoice"),
        (StaffDuty.BILLING, "billing.add_tariffversion", "metering.change_device"),
        (StaffDuty.NETWORK, "metering.change_quarantinedmessage", "accounts.change_household"),
        (StaffDuty.ADMIN, "accounts.delete_membership", "accounts.change_utility"),
        (StaffDuty.AUDITOR, "billing.view_posting", "accounts.change_contract"),
    ],
)
def test_a_duty_allows_its_work_and_no_more(
    scoped: Utility,  # noqa: ARG001 - it is the scope
    duty: StaffDuty,
    allowed: str,
    refused: str,
) -> None:
    clerk = a_clerk(duty=duty)

    assert clerk.has_perm(allowed)
    assert not clerk.has_perm(refused)


def test_only_an_administrator_decides_who_may_do_what(scoped: Utility) -> None:  # noqa: ARG001 - as above
    service, admin = a_clerk(duty=StaffDuty.SERVICE), a_clerk(duty=StaffDuty.ADMIN)

    assert service.has_perm("accounts.view_staffrole")
    assert not service.has_perm("accounts.change_staffrole")
    assert not service.has_perm("accounts.change_user")
    assert admin.has_perm("accounts.change_staffrole")


def test_duties_add_up(scoped: Utility) -> None:  # noqa: ARG001 - as above
    clerk = a_clerk(duty=StaffDuty.BILLING)
    StaffRole.objects.create(user=clerk, duty=StaffDuty.NETWORK, starts_on=date(2025, 11, 15))

    assert clerk.has_perm("billing.change_invoice")
    assert clerk.has_perm("metering.change_device")
    assert clerk.has_module_perms("control")


def test_a_duty_holds_at_its_own_utility_only(scoped: Utility) -> None:  # noqa: ARG001 - as above
    clerk = a_clerk(duty=StaffDuty.ADMIN)

    with utility_scope(a_utility()):
        assert not clerk.has_perm("accounts.view_household")
        assert not clerk.has_module_perms("accounts")


def test_outside_a_scope_there_are_no_permissions(utility: Utility) -> None:
    with utility_scope(utility):
        clerk = a_clerk(duty=StaffDuty.ADMIN)

    assert not fresh(clerk).has_perm("accounts.view_household")


def test_permissions_end_with_the_role(scoped: Utility) -> None:
    clerk = a_clerk(duty=StaffDuty.BILLING)
    today = scoped.local_date(timezone.now())
    role = StaffRole.objects.get(user=clerk)
    role.ends_on = today
    role.save()

    assert not fresh(clerk).has_perm("billing.view_invoice")

    role.ends_on = today + timedelta(days=1)
    role.save()

    assert fresh(clerk).has_perm("billing.view_invoice")


def test_a_role_without_the_door_key_is_nothing(scoped: Utility) -> None:  # noqa: ARG001 - as above
    resident = a_user()
    StaffRole.objects.create(user=resident, duty=StaffDuty.ADMIN, starts_on=date(2025, 11, 15))

    assert not resident.has_perm("accounts.view_household")


def test_a_clerk_who_left_may_do_nothing(scoped: Utility) -> None:  # noqa: ARG001 - as above
    clerk = a_clerk(duty=StaffDuty.ADMIN)
    clerk.is_active = False

    assert not clerk.has_perm("accounts.view_household")
