"""Signing in with a phone: a code by SMS, proved numbers only, and a budget."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.adapter import OF_A_NUMBER
from accounts.models import Household, User
from accounts.operations.phones import keep_phone, prove_phone
from tests.factories import a_user

PHONE = "+8613800138000"


@pytest.fixture
def sent(settings: Settings, tmp_path: Path) -> Path:
    """Where the SMS of this test lie."""
    settings.SMS_URL = tmp_path.as_uri()
    return tmp_path


def code_in(folder: Path) -> str:
    (path,) = folder.iterdir()
    text = str(json.loads(path.read_text(encoding="utf-8"))["text"])
    return next(word for word in text.replace(".", " ").split() if word.isdigit())


def test_six_digits_by_sms_open_the_home(
    client: Client, household: Household, resident: User, sent: Path
) -> None:
    prove_phone(user=resident, phone=PHONE)
    client.post("/accounts/login/code/", {"phone": PHONE})

    answer = client.post("/accounts/login/code/confirm/", {"code": code_in(sent)})

    assert answer.headers["Location"] == "/"
    assert client.get("/").headers["Location"] == f"/homes/{household.pk}/"


def test_an_app_signs_in_by_sms(household: Household, resident: User, sent: Path) -> None:
    prove_phone(user=resident, phone=PHONE)
    app = APIClient()
    asked = app.post("/_allauth/app/v1/auth/code/request", {"phone": PHONE}, format="json")
    app.credentials(HTTP_X_SESSION_TOKEN=asked.json()["meta"]["session_token"])

    done = app.post("/_allauth/app/v1/auth/code/confirm", {"code": code_in(sent)}, format="json")

    app.credentials(HTTP_X_SESSION_TOKEN=done.json()["meta"]["session_token"])
    assert app.get(f"/api/v1/households/{household.pk}").status_code == HTTPStatus.OK


def test_an_unproved_number_and_a_strangers_get_no_sms_and_the_same_answer(
    client: Client, resident: User, sent: Path
) -> None:
    keep_phone(user=resident, phone=PHONE)
    answers = [client.post("/accounts/login/code/", {"phone": phone}) for phone in (PHONE, "+8613900139000")]

    assert {(answer.status_code, answer.headers.get("Location")) for answer in answers} == {
        (HTTPStatus.FOUND, "/accounts/login/code/confirm/")
    }
    assert list(sent.iterdir()) == []


def test_a_number_that_was_given_anew_leaves_its_former_owner(resident: User) -> None:
    prove_phone(user=resident, phone=PHONE)
    heir = a_user()

    prove_phone(user=heir, phone=PHONE)

    resident.refresh_from_db()
    assert (resident.phone, resident.phone_verified) == (None, False)
    assert User.objects.get(phone=PHONE) == heir


def test_one_number_is_not_rung_for_ever(resident: User, sent: Path) -> None:
    prove_phone(user=resident, phone="+8613700137000")
    for _try in range(OF_A_NUMBER.burst + 2):
        Client().post("/accounts/login/code/", {"phone": "+8613700137000"})

    assert len(list(sent.iterdir())) <= OF_A_NUMBER.burst
