"""Access tokens: made, used within their scopes, revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.enums import TokenScope
from accounts.models import AccessToken, Household, User
from accounts.operations.tokens import MOST_A_PERSON, TokenError, make_token, token_used
from tests.comfort.factories import a_room
from tests.factories import a_user

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


def a_token(user: User, *scopes: TokenScope, lifetime: timedelta = YEAR) -> tuple[AccessToken, str]:
    return make_token(
        user=user, name="my script", scopes=scopes, lifetime=lifetime, at=timezone.now() - timedelta(hours=1)
    )


def bearing(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_a_token_reads_what_its_scope_says_and_nothing_else(resident: User, household: Household) -> None:
    a_room(household=household, name="Study")
    program = bearing(a_token(resident, TokenScope.ROOMS)[1])
    home = f"/api/v1/households/{household.pk}"

    assert program.get(f"{home}/rooms").json()[0]["name"] == "Study"
    for path in (home, f"{home}/consumption", f"{home}/invoices", f"{home}/comfort", "/api/v1/me"):
        refused = program.get(path)
        assert refused.status_code == 403
        assert refused.json()["detail"] == "This token does not reach that far."


def test_a_token_changes_nothing(resident: User, household: Household) -> None:
    program = bearing(a_token(resident, *TokenScope)[1])

    for path, body in (
        (f"/api/v1/households/{household.pk}/feedback", {"sensation": -3}),
        ("/api/v1/households/claim", {"code": "1-11111-11111"}),
        ("/api/v1/me/tokens", {"name": "more", "scopes": ["bills"]}),
        ("/api/v1/live/tickets", {}),
    ):
        assert program.post(path, body, format="json").status_code == 403


def test_a_token_is_no_way_into_anothers_home(household: Household) -> None:
    program = bearing(a_token(a_user(), *TokenScope)[1])

    assert program.get(f"/api/v1/households/{household.pk}").status_code == 404


def test_every_view_a_token_reaches_names_its_scope_on_purpose() -> None:
    prefixes = [entry for entry in get_resolver().url_patterns if isinstance(entry, URLResolver)]
    ours = [entry for entry in prefixes if str(entry.pattern) == "api/v1/"]
    views = [getattr(pattern.callback, "cls", object) for entry in ours for pattern in entry.url_patterns]
    reached = {view.__name__ for view in views if hasattr(view, "token_scope")}

    assert reached == {
        *("MeView", "HouseholdsView", "HouseholdNowView", "ConsumptionView", "RoomsView"),
        *("TemperaturesView", "ComfortView", "ColdView", "SyncView", "OutagesView"),
        *("HouseholdInvoicesView", "InvoiceDetailView", "InvoiceProofView", "InvoiceExplanationView"),
        *("SimilarHomesView", "SeasonForecastView"),
    }


@pytest.mark.parametrize("spoil", ["revoked", "ended", "inactive", "mistyped"])
def test_a_token_that_no_longer_holds_is_refused(resident: User, household: Household, spoil: str) -> None:
    lifetime = timedelta(minutes=59) if spoil == "ended" else YEAR
    token, secret = a_token(resident, TokenScope.HOMES, lifetime=lifetime)
    if spoil == "revoked":
        AccessToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
    if spoil == "inactive":
        User.objects.filter(pk=resident.pk).update(is_active=False)
    if spoil == "mistyped":
        secret = secret[:-1] + ("A" if secret[-1] != "A" else "B")

    refused = bearing(secret).get(f"/api/v1/households/{household.pk}")

    assert refused.status_code == 401
    assert refused.json()["detail"] == "This token is unknown, has ended or was revoked."


def test_only_a_digest_is_kept(resident: User) -> None:
    token, secret = a_token(resident, TokenScope.BILLS)

    kept = AccessToken.objects.filter(pk=token.pk).values_list().get()
    assert secret not in str(kept)
    assert secret.startswith(token.prefix)


def test_use_is_noted_but_not_with_every_request(resident: User) -> None:
    secret = a_token(resident, TokenScope.HOMES)[1]
    first = timezone.now()
    for seconds in (0, 30, 299):
        token_used(secret, at=first + timedelta(seconds=seconds))
    assert AccessToken.objects.get().last_used_at == first
    token_used(secret, at=first + timedelta(seconds=300))
    assert AccessToken.objects.get().last_used_at == first + timedelta(seconds=300)


def test_an_app_makes_lists_and_revokes_tokens(api: APIClient, resident: User, household: Household) -> None:
    api.force_login(resident)
    made = api.post("/api/v1/me/tokens", {"name": "plots", "scopes": ["homes"], "days": 30}, format="json")
    assert made.status_code == 201
    secret, token = made.json()["secret"], made.json()["token"]
    assert bearing(secret).get(f"/api/v1/households/{household.pk}").status_code == 200
    listed = api.get("/api/v1/me/tokens").json()
    assert [(one["name"], one["scopes"], one["prefix"]) for one in listed] == [
        ("plots", ["homes"], secret[:8])
    ]

    assert api.delete(f"/api/v1/me/tokens/{token['id']}").status_code == 204
    assert bearing(secret).get(f"/api/v1/households/{household.pk}").status_code == 401
    assert api.get("/api/v1/me/tokens").json() == []


def test_nobody_revokes_anothers_token(api: APIClient, resident: User) -> None:
    token, _secret = a_token(a_user(), TokenScope.HOMES)
    api.force_login(resident)

    assert api.delete(f"/api/v1/me/tokens/{token.pk}").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"days": 367},
        {"days": 0},
        {"name": ""},
        {"name": "x" * 61},
    ],
)
def test_a_token_without_measure_is_refused(api: APIClient, resident: User, body: dict[str, object]) -> None:
    api.force_login(resident)

    asked = {"name": "plots", "scopes": ["homes"], "days": 30, **body}
    answer = api.post("/api/v1/me/tokens", asked, format="json")

    assert answer.status_code == 400
    assert [error["field"].split(".")[0] for error in answer.json()["errors"]] == list(body)


def test_there_is_an_end_to_how_many(resident: User) -> None:
    for _n in range(MOST_A_PERSON):
        a_token(resident, TokenScope.HOMES)

    with pytest.raises(TokenError, match="twenty"):
        a_token(resident, TokenScope.HOMES)


@pytest.mark.parametrize("scopes", [[], ["everything"]])
def test_the_database_knows_the_scopes(resident: User, scopes: list[str]) -> None:
    at = timezone.now()
    with pytest.raises(IntegrityError, match="reads_something"):
        AccessToken.objects.create(
            user=resident,
            name="x",
            scopes=scopes,
            digest="0",
            prefix="hl",
            created_at=at,
            expires_at=at + YEAR,
        )
