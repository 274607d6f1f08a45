"""Errors are RFC 9457 problems, whoever refuses."""

from http import HTTPStatus

import pytest
from django.test import Client
from rest_framework import exceptions, serializers
from rest_framework.test import APIRequestFactory

from config.api.money import money
from config.api.problem import DomainProblem, exception_handler

CONTEXT = {"request": APIRequestFactory().get("/api/v1/somewhere")}


class RoomSerializer(serializers.Serializer[object]):
    name = serializers.CharField()


class HomeSerializer(serializers.Serializer[object]):
    storey = serializers.IntegerField()
    rooms = RoomSerializer(many=True)
    tags = serializers.ListField(child=serializers.IntegerField())


def test_nested_faults_are_flattened_to_paths() -> None:
    form = HomeSerializer(data={"storey": "up", "rooms": [{"name": "ok"}, {}], "tags": [1, "x"]})
    assert not form.is_valid()

    response = exception_handler(exceptions.ValidationError(form.errors), CONTEXT)

    assert response is not None
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert {(fault["field"], fault["code"]) for fault in response.data["errors"]} == {
        ("storey", "invalid"),
        ("rooms.1.name", "required"),
        ("tags.1", "invalid"),
    }


def test_a_refusal_of_the_domain_keeps_its_stable_name() -> None:
    refusal = DomainProblem(code="nothing_due", detail="This invoice is paid.")

    response = exception_handler(refusal, CONTEXT)

    assert response is not None
    assert response.content_type == "application/problem+json"
    assert response.data == {
        "type": "https://hearthline.invalid/problems/nothing_due",
        "title": "The state of things forbids it",
        "status": 409,
        "detail": "This invoice is paid.",
        "instance": "/api/v1/somewhere",
        "errors": [],
    }


def test_a_crash_is_left_to_the_middleware() -> None:
    assert exception_handler(ValueError("a bug"), CONTEXT) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/v1/nowhere", 404, "not_found"),
        ("get", "/api/v1/me", 401, "not_authenticated"),
        ("post", "/api/v1/me", 401, "not_authenticated"),
    ],
)
def test_every_refusal_under_the_api_is_a_problem(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    response = getattr(client, method)(path)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == f"https://hearthline.invalid/problems/{code}"
    assert response.json()["instance"] == path


@pytest.mark.parametrize(
    ("minor", "amount"), [(0, "0.00"), (5, "0.05"), (12345, "123.45"), (-1, "-0.01"), (100, "1.00")]
)
def test_money_is_a_decimal_string(minor: int, amount: str) -> None:
    assert money(minor, "CNY") == {"amount": amount, "currency": "CNY"}
