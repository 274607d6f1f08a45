"""A clerk sees a resident's page: read-only, for a reason, a quarter of an hour; the resident reads it."""

from __future__ import annotations

from contextvars import Context
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.enums import StaffDuty
from accounts.models import AccessToken, Household, ResidentLook, StaffRole, User, Utility
from accounts.operations.looks import LookRefusedError, begin_look
from accounts.queries.looks import SESSION_KEY
from accounts.scope import utility_scope
from comfort.models import Feedback
from config.page.urls import urlpatterns
from config.page.views.base import LOOK_HEADER, ResidentView
from tests.factories import a_clerk, a_household, a_membership, a_resident, a_utility

pytestmark = pytest.mark.django_db
REASON = "Ticket 4711: cannot find the bill"


@pytest.fixture
def clerk(scoped: Utility) -> User:
    """Of customer service."""
    assert scoped.pk
    return a_clerk()


@pytest.fixture
def looking(client: Client, clerk: User, household: Household, resident: User) -> Client:
    """The clerk's browser, in the middle of a look."""
    client.force_login(clerk)
    asked = {"do": "look", "resident": resident.pk, "reason": REASON}
    answer = client.post(f"/admin/customers/{household.pk}/", asked)
    assert answer.headers["Location"] == f"/homes/{household.pk}/"
    return client


def a_look(*, clerk: User, resident: User, household: Household) -> ResidentLook:
    """A look that begins now."""
    return begin_look(clerk=clerk, resident=resident, household=household, reason=REASON, at=timezone.now())


def test_the_clerk_sees_the_residents_page_and_whose_it_is(looking: Client, household: Household) -> None:
    answer = Context().run(looking.get, f"/homes/{household.pk}/")
    page = answer.content.decode()

    assert "You see this page as Li Na does" in page
    assert "live.js" not in page
    assert answer.headers[LOOK_HEADER]
    assert looking.get("/").headers["Location"] == f"/homes/{household.pk}/"


def test_only_the_home_of_the_look_is_seen(looking: Client, resident: User) -> None:
    with utility_scope(a_utility()):
        elsewhere = a_household()
        a_membership(user=resident, household=elsewhere)

    assert looking.get(f"/homes/{elsewhere.pk}/").status_code == HTTPStatus.NOT_FOUND


def test_nothing_can_be_changed_and_what_is_private_stays_so(looking: Client, household: Household) -> None:
    keys = {
        "household_id": household.pk,
        "invoice_id": 1,
        "token_id": 1,
        "membership_id": 1,
        "invitation_id": 1,
    }
    walked = 0
    for route in urlpatterns:
        view = getattr(route.callback, "view_class", None)
        if view is None or not issubclass(view, ResidentView):
            continue
        walked += 1
        names = {name: key for name, key in keys.items() if f":{name}>" in str(route.pattern)}
        try:
            path = reverse(f"page:{route.name}", kwargs=names)
        except NoReverseMatch as error:
            pytest.fail(f"Teach the walk the keys of {route.name}: {error}")
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(looking, method)(path, {"sensation": "-2", "name": "x", "scopes": ["homes"]})
            assert answer.status_code == HTTPStatus.FORBIDDEN, f"{method} {path}"
        if not view.may_be_looked_at:
            assert looking.get(path).status_code == HTTPStatus.FORBIDDEN, path

    assert walked >= 10
    assert not Feedback.objects.exists()
    assert not AccessToken.objects.exists()


def test_the_api_and_the_socket_never_take_the_clerk_for_the_resident(
    looking: Client, household: Household, clerk: User
) -> None:
    assert looking.get(f"/api/v1/households/{household.pk}").status_code == HTTPStatus.NOT_FOUND
    assert looking.get("/api/v1/me").json()["email"] == clerk.email
    voted = looking.post(
        f"/api/v1/households/{household.pk}/feedback", {"sensation": -2}, content_type="application/json"
    )
    assert voted.status_code == HTTPStatus.NOT_FOUND
    # A ticket for the socket is the clerk's own, and opens no home of anybody else's.
    assert int(looking.session["_auth_user_id"]) == clerk.pk


def test_the_button_ends_it_early(looking: Client, household: Household) -> None:
    # Without the scope that the fixtures entered, as in service.
    ended = Context().run(looking.post, "/looks/end")

    assert ended.headers["Location"] == f"/admin/customers/{household.pk}/"
    assert SESSION_KEY not in looking.session
    assert looking.get(f"/homes/{household.pk}/").status_code == HTTPStatus.NOT_FOUND
    assert ResidentLook.objects.get().ends_at <= timezone.now()


def test_after_a_quarter_of_an_hour_it_is_over(looking: Client, household: Household) -> None:
    look = ResidentLook.objects.get()
    assert look.ends_at - look.starts_at == timedelta(minutes=15)
    ResidentLook.objects.filter(pk=look.pk).update(ends_at=look.starts_at)

    answer = looking.get(f"/homes/{household.pk}/")

    assert answer.headers["Location"] == f"/admin/customers/{household.pk}/"
    assert looking.get(f"/homes/{household.pk}/").status_code == HTTPStatus.NOT_FOUND


def test_it_is_over_when_the_clerks_duty_is(looking: Client, household: Household) -> None:
    StaffRole.objects.all().delete()

    assert looking.get(f"/homes/{household.pk}/").status_code == HTTPStatus.FOUND


def test_it_is_over_when_the_resident_has_moved_out(
    looking: Client, household: Household, resident: User
) -> None:
    resident.memberships.all().delete()

    assert looking.get(f"/homes/{household.pk}/").status_code == HTTPStatus.NOT_FOUND


def test_the_resident_reads_who_looked_and_why(
    looking: Client, household: Household, resident: User, api: APIClient
) -> None:
    own, stranger = Client(), Client()
    own.force_login(resident)
    stranger.force_login(a_resident(household=a_household()))
    api.force_login(resident)

    assert REASON in own.get("/looks").content.decode()
    (told,) = api.get("/api/v1/me/looks").json()
    assert (told["by"], told["reason"], told["household"]) == ("Wang Wei", REASON, household.pk)
    assert "Nobody has looked at your page." in stranger.get("/looks").content.decode()
    assert looking.get("/looks").status_code == HTTPStatus.FORBIDDEN


def test_a_look_without_a_reason_a_resident_or_the_right_is_refused(
    client: Client, clerk: User, household: Household, resident: User
) -> None:
    path = f"/admin/customers/{household.pk}/"
    client.force_login(clerk)
    silent = client.post(path, {"do": "look", "resident": resident.pk, "reason": " "})
    stranger = a_resident(household=a_household())
    foreign = client.post(path, {"do": "look", "resident": stranger.pk, "reason": REASON})
    billing = Client()
    billing.force_login(a_clerk(duty=StaffDuty.BILLING))

    assert silent.status_code == foreign.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    asked = {"do": "look", "resident": resident.pk, "reason": REASON}
    assert billing.post(path, asked).status_code == HTTPStatus.FORBIDDEN
    for person in (stranger, clerk):
        with pytest.raises(LookRefusedError):
            a_look(clerk=clerk, resident=person, household=household)
    resident.is_staff = True
    with pytest.raises(LookRefusedError, match="works at a desk"):
        a_look(clerk=clerk, resident=resident, household=household)
    assert not ResidentLook.objects.exists()


def test_the_record_of_a_look_is_kept_as_it_was(clerk: User, household: Household, resident: User) -> None:
    look = a_look(clerk=clerk, resident=resident, household=household)
    rows = ResidentLook.objects.filter(pk=look.pk)

    for change in (
        lambda: rows.update(ends_at=look.ends_at + timedelta(seconds=1)),
        lambda: rows.update(reason="none"),
        rows.delete,
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_nobody_elses_look_is_shown(
    client: Client, clerk: User, household: Household, resident: User
) -> None:
    look = a_look(clerk=clerk, resident=resident, household=household)
    client.force_login(a_clerk())
    session = client.session
    session[SESSION_KEY] = look.pk
    session.save()

    assert client.get(f"/homes/{household.pk}/").status_code == HTTPStatus.NOT_FOUND
