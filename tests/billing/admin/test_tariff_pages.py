"""Tariffs and facts of homes at the desk: a draft tried on last season, and rows that clerks enter."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from accounts.enums import StaffDuty
from billing.models import SubscribedPower, TariffVersion
from tests.billing.factories import REGISTERS, a_customer, a_plan, a_tariff, a_version
from tests.factories import a_clerk

LAST_DAY = date(2026, 3, 15)


@pytest.fixture
def clerk(scoped: object, client: Client) -> Client:  # noqa: ARG001 - it is made inside the scope
    """A billing clerk at the desk."""
    client.force_login(a_clerk(duty=StaffDuty.BILLING))
    return client


def _preview(client: Client, version: TariffVersion) -> str:
    page = client.get(f"/admin/billing/tariffversion/{version.pk}/preview/")
    if page.status_code == 404:
        page = client.get(f"/admin/billing/tariffversion/preview/{version.pk}/")
    assert page.status_code == 200
    return page.content.decode()


def test_a_draft_is_tried_on_the_homes_of_the_last_season(clerk: Client) -> None:
    in_force = a_tariff()
    a_customer(registers_wh={**REGISTERS, LAST_DAY: 5_000_000})
    draft = a_version(plan=in_force.plan, starts_on=date(2026, 11, 15))
    page = _preview(clerk, draft)

    # The same prices: 1,200 by area and 800 by heat, and 9 % tax, both ways.
    assert "Together they would pay 2180.00 CNY instead of 2180.00 CNY: 0.00 CNY (+0.0 %)" in page
    assert "0 … 5 %" in page


def test_without_a_season_the_preview_says_so(clerk: Client) -> None:
    page = _preview(clerk, a_version(plan=a_plan()))
    assert "No heating season is over yet" in page


FACTS = ["subscribedpower", "billedarea", "suspension", "servicefailure", "taxcategory"]


@pytest.mark.parametrize("model", FACTS)
def test_facts_of_homes_have_their_pages(clerk: Client, model: str) -> None:
    assert clerk.get(f"/admin/billing/{model}/").status_code == 200
    assert clerk.get(f"/admin/billing/{model}/add/").status_code == 200


def test_a_power_is_entered_and_a_second_one_on_its_days_is_refused(clerk: Client) -> None:
    household = a_customer().household
    row = {
        "household": str(household.pk),
        "starts_on": "2026-01-01",
        "ends_on": "",
        "power_kw": "8",
        "source": "agreed",
        "note": "",
    }
    clerk.post("/admin/billing/subscribedpower/add/", row)
    again = clerk.post("/admin/billing/subscribedpower/add/", row | {"starts_on": "2026-02-01"})

    assert again.status_code == 200
    assert SubscribedPower.objects.get().power_kw == 8
