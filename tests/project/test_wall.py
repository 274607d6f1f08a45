"""The wall between homes and between utilities: all addresses, walked by all who have no business there.

A new address with a new kind of key fails here until the walk knows how to name a stranger's row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.enums import MembershipRole, StaffDuty, TokenScope
from accounts.models import Household, Invitation, Membership, User
from accounts.operations.tokens import make_token
from accounts.scope import utility_scope
from billing.enums import AttemptState
from billing.models import PaymentAttempt
from tests.billing import factories as billing
from tests.comfort.factories import a_cold_spell, a_room, a_vote
from tests.control.factories import a_control, a_target
from tests.factories import a_clerk, a_membership, a_resident, a_user, a_utility
from tests.metering.factories import a_controller, a_room_sensor

pytestmark = pytest.mark.django_db

METHODS: Final = ("get", "post", "put", "patch", "delete")
# Other people's code with walls of its own, and the desk, which is walked by its models below.
ELSEWHERE: Final = ("admin/", "_allauth/", "accounts/", "i18n/")
# Nothing of anybody is behind these.
PUBLIC: Final = {
    *("healthz", "readyz", "metrics", "api/schema/", "api/docs/"),
    *("manifest.webmanifest", "sw.js", "offline", "api/v1/payments/stripe/webhook"),
}
REFUSALS: Final = {401, 403, 404, 405}
# What some addresses ask for before they look anything up.
QUERY: Final = "?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"
KEY: Final = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Home:
    """A home with a row of every kind, and what must never be read by others."""

    household: Household
    keys: dict[str, int | UUID]
    secrets: tuple[str, ...]
    session: str


def a_full_home(*, slug: str) -> Home:
    """A home in a utility of its own with rooms, votes, a bill and a payment under way."""
    utility = a_utility(slug=slug)
    with utility_scope(utility):
        billing.a_tariff()
        contract = billing.a_customer()
        household = contract.household
        owner = a_resident(household=household)
        room = a_room(household=household, name=f"{slug}-room", sensor=a_room_sensor(household=household))
        a_vote(household=household, user=owner)
        a_cold_spell(household=household)
        a_control(substation=household.building.substation)
        controller = a_controller(substation=household.building.substation)
        a_target(substation=household.building.substation, controller=controller)
        invoice_id = billing.a_bill(contract=contract)
        payment = PaymentAttempt.objects.create(
            invoice_id=invoice_id,
            started_by=owner,
            provider="stripe",
            amount_minor=100,
            currency="CNY",
            locale="en",
            state=AttemptState.OPEN,
            created_at=timezone.now(),
            expires_at=timezone.now() + timedelta(hours=1),
            provider_session_id=f"cs_{slug}",
            url=f"https://pay.invalid/{slug}",
        )
        invitation = Invitation.objects.create(
            household=household,
            role=MembershipRole.MEMBER,
            name=f"{slug}-guest",
            digest=slug,
            invited_by=owner,
            created_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=1),
        )
        membership = Membership.objects.get(user=owner)
    token, _secret = make_token(
        user=owner,
        name=f"{slug}-key",
        scopes=[TokenScope.HOMES],
        lifetime=timedelta(days=9),
        at=timezone.now(),
    )
    keys: dict[str, int | UUID] = {
        "household_id": household.pk,
        "room_id": room.pk,
        "invoice_id": invoice_id,
        "payment_id": payment.pk,
        "token_id": token.pk,
        "membership_id": membership.pk,
        "invitation_id": invitation.pk,
    }
    names = (f"{slug}-room", f"cs_{slug}", f"{slug}-key", f"{slug}-guest")
    return Home(household, keys, (household.customer_number, owner.email, *names), f"cs_{slug}")


def routes() -> Iterator[str]:
    """Every address pattern of ours."""

    def walk(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
        for entry in resolver.url_patterns:
            route = prefix + str(entry.pattern)
            if isinstance(entry, URLPattern):
                yield route
            else:
                yield from walk(entry, route)

    return (route for route in walk(get_resolver()) if not route.startswith(ELSEWHERE))


def address(route: str, keys: dict[str, Any]) -> str:
    """The address of ``route`` with these keys; an unknown kind of key is a hole in the walk."""
    unknown = set(KEY.findall(route)) - keys.keys()
    assert not unknown, f"Teach the walk to name a stranger's {unknown} for {route}."
    return "/" + KEY.sub(lambda match: str(keys[match[1]]), route) + QUERY


@pytest.fixture
def victim() -> Home:
    """Whose things nobody else may see."""
    return a_full_home(slug="victim")


@pytest.fixture
def mine() -> Home:
    """The intruder's own home, at another utility."""
    return a_full_home(slug="intruder")


def signed_in(user: User) -> Client:
    """A browser in which ``user`` has signed in."""
    client = Client()
    client.force_login(user)
    return client


def strangers(victim: Home, mine: Home) -> dict[str, Client]:
    """The browsers of all who have a good account and no business in the victim's home."""
    yesterday = timezone.now().date() - timedelta(days=2)
    former, guest = a_user(), a_user()
    with utility_scope(victim.household.utility):
        neighbour = billing.a_customer().household
        a_membership(user=former, household=victim.household, starts_on=date(2020, 1, 1), ends_on=yesterday)
        a_membership(user=guest, household=victim.household, starts_on=yesterday + timedelta(days=40))
        next_door = a_resident(household=neighbour)
    with utility_scope(mine.household.utility):
        abroad = a_resident(household=mine.household)
    people = {"former": former, "not yet": guest, "next door": next_door, "abroad": abroad}
    people["nobody"] = a_user()
    return {name: signed_in(user) for name, user in people.items()}


def ask(client: Client, method: str, path: str) -> HttpResponse:
    """Ask with an empty body."""
    response: HttpResponse = getattr(client, method)(path, data={}, content_type="application/json")
    return response


def assert_sealed(client: Client, method: str, path: str, home: Home) -> None:
    """The address refuses, and says nothing of what is behind it."""
    response = ask(client, method, path)
    assert response.status_code in REFUSALS, f"{method} {path} answered {response.status_code}"
    assert not [secret for secret in home.secrets if secret in response.content.decode()]


def test_no_stranger_reaches_what_an_address_names(victim: Home, mine: Home) -> None:
    named = [address(route, victim.keys) for route in routes() if KEY.search(route)]
    assert named
    for client in strangers(victim, mine).values():
        for path, method in product(named, METHODS):
            assert_sealed(client, method, path, victim)


def test_ones_own_home_is_no_way_into_another(victim: Home, mine: Home) -> None:
    client = strangers(victim, mine)["abroad"]
    mixed = {**victim.keys, "household_id": mine.keys["household_id"]}
    nested = [address(route, mixed) for route in routes() if len(KEY.findall(route)) > 1]

    assert nested
    for path, method in product(nested, METHODS):
        assert_sealed(client, method, path, victim)


def test_an_address_that_names_nobody_shows_only_ones_own(victim: Home, mine: Home) -> None:
    unnamed = [route for route in routes() if not KEY.search(route) and route not in PUBLIC]

    assert unnamed
    for client, route in product(strangers(victim, mine).values(), unnamed):
        shown = client.get(f"/{route}", follow=True).content.decode()
        assert not [secret for secret in victim.secrets if secret in shown], route


def test_nobody_comes_back_from_anothers_payment(victim: Home, mine: Home) -> None:
    for client in strangers(victim, mine).values():
        assert client.get("/pay/return", {"sid": victim.session}).status_code == 404


def test_nobody_is_let_in_without_signing_in(victim: Home) -> None:
    for route, method in product(set(routes()) - PUBLIC, METHODS):
        response = ask(Client(), method, address(route, victim.keys))
        to_sign_in = response.status_code == 302 and "/accounts/login/" in response["Location"]
        assert to_sign_in or response.status_code in REFUSALS, f"{method} {route}: {response.status_code}"


def test_a_caretaker_sees_no_money(victim: Home) -> None:
    money = [route for route in routes() if re.search("invoice|bill|pay", route) and route not in PUBLIC]
    with utility_scope(victim.household.utility):
        client = signed_in(a_resident(household=victim.household, role=MembershipRole.CARETAKER))

    assert money
    for route, method in product(money, METHODS):
        response = ask(client, method, address(route, victim.keys) + f"&sid={victim.session}")
        assert response.status_code in REFUSALS, f"{method} {route}: {response.status_code}"


def test_a_vote_cannot_name_another_homes_room(victim: Home, mine: Home) -> None:
    response = strangers(victim, mine)["abroad"].post(
        f"/api/v1/households/{mine.household.pk}/feedback",
        {"sensation": -2, "room": victim.keys["room_id"]},
        content_type="application/json",
    )

    assert response.status_code in {400, 404}
    with utility_scope(mine.household.utility):
        assert mine.household.feedback.count() == 1


def _desk_models() -> list[type[Model]]:
    ours = ("accounts", "metering", "comfort", "billing", "control")
    return [model for model in admin.site._registry if model._meta.app_label in ours]


def test_a_clerk_sees_nothing_of_another_utility(victim: Home, mine: Home) -> None:
    with utility_scope(mine.household.utility):
        client = signed_in(a_clerk(duty=StaffDuty.ADMIN))
    for model in _desk_models():
        with utility_scope(victim.household.utility):
            foreign = model._default_manager.order_by("pk").first()
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

        listed = client.get(reverse(f"{name}_changelist"))
        opened = client.get(reverse(f"{name}_change", args=[foreign.pk if foreign else 10**9]), follow=True)

        assert listed.status_code in {200, 403}
        for page in (listed, opened):
            assert not [secret for secret in victim.secrets if secret in page.content.decode()], name


def test_the_walk_would_notice_an_unknown_key() -> None:
    with pytest.raises(AssertionError, match="Teach the walk"):
        address("api/v1/things/<uuid:thing_id>", {"household_id": uuid4()})
