"""Storage rules at the desk: an administrator's alone, one row, never below what bills need."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import StaffDuty
from accounts.models import Utility
from metering.models import StorageRules
from tests.factories import a_clerk

ADD = reverse("admin:metering_storagerules_add")
FORM = {"readings_days": "1500", "rooms_days": "", "telemetry_days": "400", "compress_after_days": "30"}


def test_an_administrator_enters_the_rules_once(client: Client, scoped: Utility) -> None:  # noqa: ARG001 - the scope
    client.force_login(a_clerk(duty=StaffDuty.ADMIN))

    refused = client.post(ADD, {**FORM, "readings_days": "1097"}).content.decode()
    assert "keep them at least 1098 days" in refused
    assert client.post(ADD, FORM).status_code == HTTPStatus.FOUND

    rules = StorageRules.objects.get()
    assert (rules.readings_days, rules.rooms_days, rules.telemetry_days) == (1500, None, 400)
    assert client.get(ADD).status_code == HTTPStatus.FORBIDDEN
    delete = reverse("admin:metering_storagerules_delete", args=[rules.pk])
    assert client.post(delete, {"post": "yes"}).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("duty", [StaffDuty.NETWORK, StaffDuty.BILLING, StaffDuty.SERVICE, StaffDuty.AUDITOR])
def test_nobody_else_changes_them(client: Client, scoped: Utility, duty: StaffDuty) -> None:  # noqa: ARG001 - the scope
    rules = StorageRules.objects.create(readings_days=1500)
    client.force_login(a_clerk(duty=duty))
    change = reverse("admin:metering_storagerules_change", args=[rules.pk])

    assert client.get(change).status_code == HTTPStatus.OK
    assert client.post(change, {**FORM, "readings_days": "1200"}).status_code == HTTPStatus.FORBIDDEN

    assert StorageRules.objects.get().readings_days == 1500
