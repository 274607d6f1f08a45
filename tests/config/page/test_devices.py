"""Where a person is signed in, and the ways to sign in."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Household, User
from accounts.queries.devices import name_of
from tests.factories import PASSWORD, a_user

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
)


def signed_in(user: User, *, agent: str = FIREFOX) -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


@pytest.mark.parametrize(
    ("agent", "name"),
    [(FIREFOX, "Firefox, Windows"), (IPHONE, "Safari, iPhone"), ("curl/8", "curl/8"), ("", "?")],
)
def test_a_device_is_called_what_its_owner_calls_it(agent: str, name: str) -> None:
    assert name_of(agent) == name


@pytest.mark.usefixtures("household")
def test_a_lost_phone_is_signed_out_from_another_device(resident: User) -> None:
    here, phone = signed_in(resident), signed_in(resident, agent=IPHONE)
    assert phone.get("/data").status_code == HTTPStatus.OK
    page = here.get("/devices").content.decode()
    assert "Safari, iPhone" in page
    lost = UserSession.objects.get(user_agent=IPHONE)

    answer = here.post("/devices", {"device": str(lost.pk)}, follow=True)

    assert "Signed out on 1 device." in answer.content.decode()
    assert "Safari, iPhone" not in answer.content.decode()
    assert phone.get("/data").status_code == HTTPStatus.FOUND
    assert here.get("/data").status_code == HTTPStatus.OK


@pytest.mark.usefixtures("household")
def test_everywhere_else_spares_this_device(resident: User) -> None:
    here, others = signed_in(resident), [signed_in(resident) for _ in range(2)]

    assert (
        "Signed out on 2 devices."
        in here.post("/devices", {"device": "others"}, follow=True).content.decode()
    )
    assert [other.get("/data").status_code for other in others] == [HTTPStatus.FOUND] * 2
    assert here.get("/data").status_code == HTTPStatus.OK


@pytest.mark.parametrize("given", ["", "x", "0", "9" * 30])
def test_nobody_signs_a_stranger_out(resident: User, given: str) -> None:
    victim = signed_in(resident)
    intruder = signed_in(a_user())
    key = given or str(UserSession.objects.get(user=resident).pk)

    intruder.post("/devices", {"device": key})

    assert victim.get("/data").status_code == HTTPStatus.OK


def test_an_app_lists_and_ends_its_sessions_too(household: Household, resident: User) -> None:
    app = APIClient()
    said = {"email": resident.email, "password": PASSWORD}
    token = app.post("/_allauth/app/v1/auth/login", said, format="json").json()["meta"]["session_token"]
    app.credentials(HTTP_X_SESSION_TOKEN=token)
    assert app.get(f"/api/v1/households/{household.pk}").status_code == HTTPStatus.OK
    (session,) = app.get("/_allauth/app/v1/auth/sessions").json()["data"]

    app.delete("/_allauth/app/v1/auth/sessions", {"sessions": [session["id"]]}, format="json")

    assert app.get(f"/api/v1/households/{household.pk}").status_code == HTTPStatus.UNAUTHORIZED


def test_an_app_signs_in_by_the_code_from_an_email(household: Household, resident: User) -> None:
    app = APIClient()
    asked = app.post("/_allauth/app/v1/auth/code/request", {"email": resident.email}, format="json")
    assert asked.status_code == HTTPStatus.UNAUTHORIZED  # there is a step to go
    app.credentials(HTTP_X_SESSION_TOKEN=asked.json()["meta"]["session_token"])
    code = next(word for word in mail.outbox[0].body.split() if word.isdigit())

    done = app.post("/_allauth/app/v1/auth/code/confirm", {"code": code}, format="json")
    app.credentials(HTTP_X_SESSION_TOKEN=done.json()["meta"]["session_token"])

    assert app.get(f"/api/v1/households/{household.pk}").status_code == HTTPStatus.OK


@pytest.mark.django_db
def test_the_way_in_offers_a_passkey_and_runs_nothing_inline() -> None:
    page = Client().get("/accounts/login/").content.decode()

    assert 'id="passkey_login"' in page
    scripts = [tag.split(">")[0] for tag in page.split("<script")[1:]]
    assert [tag for tag in scripts if "src=" not in tag and 'type="application/json"' not in tag] == []


@pytest.mark.usefixtures("household")
@pytest.mark.parametrize(
    "path", ["/accounts/2fa/", "/accounts/2fa/webauthn/", "/accounts/email/", "/accounts/password/change/"]
)
def test_the_pages_of_the_sign_in_methods_open(client: Client, resident: User, path: str) -> None:
    client.force_login(resident)

    assert client.get(path, follow=True).status_code == HTTPStatus.OK
