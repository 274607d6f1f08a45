"""A billed home for the end-to-end tests, made from within the service (`manage.py shell`)."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Building, Utility
from accounts.period import Period, local_midnight
from accounts.scope import utility_scope
from billing.models import Invoice
from metering.models import Installation, Reading
from tests.billing.factories import a_bill, a_meter
from tests.e2e import world
from tests.factories import a_contract, a_household, a_membership, a_user

PAYER = "zhang.wei@example.com"
DAYS = 10


def main() -> None:
    """Bill ten days of 500 kWh; print the keys of home and bill as JSON."""
    utility = Utility.objects.get(slug=world.SLUG)
    now = timezone.now()
    since, today = utility.local_date(now - world.AGE), utility.local_date(now)
    with utility_scope(utility):
        home = a_household(building=Building.objects.get(name=world.APART), floor_area_m2=Decimal(100))
        contract = a_contract(household=home, starts_on=since)
        a_membership(user=a_user(email=PAYER, name="Zhang Wei"), household=home, starts_on=since)
        period = Period(today - timedelta(days=DAYS), today)
        registers_wh = {since: 0, period.start: 1_000_000, today: 1_500_000}
        a_meter(contract=contract, registers_wh=registers_wh)
        bill_id = a_bill(contract=contract, period=period, at=now)
        sys.stdout.write(json.dumps({"home": home.pk, "bill": bill_id}))


def read_late() -> None:
    """The register of the bill's last day turns out to be 100 kWh higher."""
    utility = Utility.objects.get(slug=world.SLUG)
    with utility_scope(utility):
        bill = Invoice.objects.get(household__memberships__user__email=PAYER)
        device = Installation.objects.get(household=bill.household).device
        at = local_midnight(bill.period_end, utility.zone)
        Reading.objects.filter(device=device, measured_at=at).update(energy_wh=1_600_000)
