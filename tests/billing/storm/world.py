"""Utilities, customers and bills, the fake, and what of all this the ledger is not asked about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from celery import Celery
from django.db import transaction

from accounts.models import Contract, User, Utility
from accounts.scope import utility_scope
from billing.enums import DunningTone, InvoiceState
from billing.fakestripe.book import Json
from billing.fakestripe.server import FakeStripe
from billing.models import (
    DunningStep,
    Invoice,
    InvoiceLine,
    PaymentRules,
    TariffComponent,
    TariffVersion,
)
from billing.operations.invoices import issue_invoices
from billing.operations.tariffs import activate_version, draft_version, enter_season
from billing.payments.stripe_gateway import StripeGateway
from tests import factories
from tests.billing.factories import AREA, ENERGY, SEASON, a_plan
from tests.billing.storm.crashes import quiet_fake
from tests.billing.storm.transport import InProcess

FIRST_DAY: Final = date(2026, 1, 1)
REMINDED_AFTER: Final = {2: DunningTone.FIRST, 5: DunningTone.SECOND, 9: DunningTone.FINAL}
# Tasks are sent as in life, to a queue that nobody reads: events wait for the sweep.
QUEUE: Final = Celery("storm", broker="memory://", set_as_current=False)


@dataclass(slots=True)
class Customer:
    """A contract with its payer, and how many bills it has had."""

    utility: Utility
    contract: Contract
    payer: User
    bills: list[int] = field(default_factory=list)
    days: int = 0


@dataclass(slots=True)
class World:
    """Everything one story happens to."""

    random: Random
    fake: FakeStripe
    transport: InProcess
    gateway: StripeGateway
    clerks: list[User]
    customers: list[Customer]
    components: dict[int, TariffComponent]
    # What came in or was written off by ways the fake knows nothing of, by contract.
    outside_minor: Counter[int] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    # Transfers the bank has booked: whose bank, the file, the amount; and those surely imported.
    transfers: dict[str, tuple[Utility, bytes, int]] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    # As far as the standing rules were looked at.
    seen_entry: int = 0
    seen_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    # What became of how many webhooks.
    webhooks: Counter[str] = field(default_factory=Counter)

    @property
    def at(self) -> datetime:
        """The fake's clock, which every step moves on."""
        return datetime.fromtimestamp(self.fake.book.now(), tz=UTC)

    @property
    def utilities(self) -> list[Utility]:
        return [
            customer.utility for customer in self.customers[:: len(self.customers) // len(self.components)]
        ]

    def customer(self) -> Customer:
        """Somebody."""
        return self.random.choice(self.customers)

    def things(self, kind: str) -> list[Json]:
        """The newest of the fake's objects of a kind."""
        rows = self.fake.book.newest_first(kind)
        return [row for row, _n in zip(rows, range(60), strict=False)]

    def a_thing(self, kind: str, **wanted: Any) -> Json | None:  # noqa: ANN401 - JSON
        """One of the newest that looks as wanted, or none."""
        found = [row for row in self.things(kind) if all(row[name] == wanted[name] for name in wanted)]
        return self.random.choice(found) if found else None


def a_world(*, seed: int, utilities: int = 2, customers: int = 20) -> World:
    """Small enough that the same bill is hit again and again."""
    random = Random(seed)  # noqa: S311 - a story, no secret
    fake = quiet_fake()
    transport = InProcess(fake)
    world = World(
        random=random,
        fake=fake,
        transport=transport,
        gateway=StripeGateway(secret_key=fake.secret_key, http_client=transport),
        clerks=[factories.a_user(name="Clerk") for _each in range(2)],
        customers=[],
        components={},
    )
    for _each in range(utilities):
        utility = factories.a_utility()
        with utility_scope(utility):
            world.components[utility.pk] = _tariff().components.all()[0]
            PaymentRules.objects.create(plan_least_minor=1_000)
            DunningStep.objects.bulk_create(
                DunningStep(days_after_due=days, tone=tone) for days, tone in REMINDED_AFTER.items()
            )
            world.customers += [_customer(utility) for _one in range(customers)]
    return world


def a_bill(world: World, customer: Customer, *, net_minor: int) -> Invoice:
    """One more issued bill, of the day after the last; two transactions, as a run and a clerk make them."""
    contract = customer.contract
    if not Invoice.objects.filter(contract=contract, state=InvoiceState.DRAFT).exists():
        _draft(world, customer, net_minor=net_minor)
    draft = Invoice.objects.filter(contract=contract, state=InvoiceState.DRAFT).get()
    (invoice,) = issue_invoices(invoice_ids=[draft.pk], at=world.at)
    return invoice


def bill_of(world: World, customer: Customer) -> Invoice | None:
    """One of the customer's last few bills: old debts are mostly paid."""
    if not customer.bills:
        return None
    with utility_scope(customer.utility):
        return Invoice.objects.get(pk=world.random.choice(customer.bills[-3:]))


def _draft(world: World, customer: Customer, *, net_minor: int) -> None:
    # Rated by nobody: this storm is about money, and rating has its own tests.
    tax_minor = net_minor * 9 // 100
    day = FIRST_DAY + timedelta(days=customer.days)
    with transaction.atomic():
        invoice = Invoice.objects.create(
            contract=customer.contract,
            household=customer.contract.household,
            period_start=day,
            period_end=day + timedelta(days=1),
            drafted_at=world.at,
            currency=customer.utility.currency,
            net_minor=net_minor,
            tax_minor=tax_minor,
            total_minor=net_minor + tax_minor,
        )
        component = world.components[customer.utility.pk]
        InvoiceLine.objects.create(
            invoice=invoice,
            position=1,
            component=component,
            kind=component.kind,
            description=component.name,
            period_start=day,
            period_end=day + timedelta(days=1),
            quantity=Decimal(1),
            unit=component.unit,
            unit_price=Decimal(1),
            rounding="half_up",
            net_minor=net_minor,
            tax_rate=Decimal("0.09"),
            tax_minor=tax_minor,
            formula="as told",
            trace={},
        )


def _tariff() -> TariffVersion:
    """Due within days, so that a story of months has bills that are late."""
    enter_season(starts_on=SEASON.start, ends_on=date(2026, 3, 15))
    components = (AREA, ENERGY)
    version = draft_version(plan=a_plan(), starts_on=SEASON.start, components=components, payment_days=4)
    return activate_version(version=version)


def _customer(utility: Utility) -> Customer:
    household = factories.a_household()
    contract = factories.a_contract(household=household)
    return Customer(utility, contract, factories.a_resident(household=household))
