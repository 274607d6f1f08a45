"""What residents promise and are asked for: saved cards and their charges, instalments, reminders."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Final

from accounts.scope import utility_scope
from billing.enums import DunningTone, MandateState
from billing.models import Letter, PaymentMandate
from billing.operations.autopay import AutopayRequest, charge_due, end_autopay, resend_charges, start_autopay
from billing.operations.dunning import remind
from billing.operations.plans import PlanError, PlanRequest, agree_plan, review_plans
from billing.payments.provider import ProviderError
from billing.queries.balance import open_minor
from billing.queries.dunning import plans_in_force
from tests.billing.storm.world import World, bill_of

# Pays; is kept and then declined; is kept and then wants its owner.
CARDS: Final = ("4242424242424242",) * 4 + ("4000000000000341", "4000002760003184")


def allow_charges(world: World) -> None:
    """A resident opens the page where a card is saved; now and then the answer is lost or refused."""
    customer = world.customer()
    trouble(world)
    with utility_scope(customer.utility), suppress(ProviderError):
        request = AutopayRequest(
            contract=customer.contract, by=customer.payer, locale="zh-hans", return_path="/autopay"
        )
        start_autopay(request=request, provider=world.gateway, at=world.at)
    world.fake.faults.answers.clear()


def save_card(world: World) -> None:
    """Somebody saves a card on an open page."""
    session = world.a_thing("checkout.session", status="open", mode="setup")
    if session:
        order = {"session": session["id"], "card": world.random.choice(CARDS)}
        world.fake.control.obey("save_card", order)


def end_mandate(world: World) -> None:
    """A resident takes the leave back."""
    customer = world.customer()
    with utility_scope(customer.utility):
        mandates = PaymentMandate.objects.filter(contract=customer.contract, state=MandateState.ACTIVE)
        if (mandate := mandates.first()) is not None:
            end_autopay(mandate=mandate, provider=world.gateway, at=world.at)


def charge_cards(world: World) -> None:
    """The morning's charges, those without an answer first; some banks take their time."""
    trouble(world)
    slow = world.random.randrange(3) if world.random.random() < 0.5 else 0
    world.fake.control.obey("slow", {"charges": slow})
    with suppress(ProviderError):
        resend_charges(provider=world.gateway, at=world.at)
        for utility in world.utilities:
            with utility_scope(utility):
                charge_due(provider=world.gateway, at=world.at)
    world.fake.faults.answers.clear()


def settle_charge(world: World) -> None:
    """A bank ends a slow charge of a saved card."""
    intents = [row for row in world.things("payment_intent") if row["status"] == "processing"]
    saved = [row["id"] for row in intents if row["customer"] is not None]
    if saved:
        order = {"payment_intent": world.random.choice(saved), "succeeded": world.random.random() < 0.7}
        world.fake.control.obey("settle_charge", order)


def agree(world: World) -> None:
    """A resident or a clerk agrees to instalments of a bill that is past due."""
    customer = world.customer()
    bill = bill_of(world, customer)
    if bill is None:
        return
    by_clerk = world.random.random() < 0.4
    with utility_scope(customer.utility), suppress(PlanError):
        today = customer.utility.local_date(world.at)
        request = PlanRequest(
            invoice=bill,
            instalments=world.random.randrange(2, 7),
            first_on=today + timedelta(days=world.random.randrange(1, 32)),
            by=world.clerks[0] if by_clerk else customer.payer,
            by_clerk=by_clerk,
        )
        agree_plan(request=request, at=world.at)


def write_reminders(world: World) -> None:
    """The night's task: plans that are paid or broken end, and who is late is told."""
    for utility in world.utilities:
        with utility_scope(utility):
            today = utility.local_date(world.at)
            review_plans(at=world.at)
            known = set(Letter.objects.values_list("pk", flat=True))
            remind(at=world.at)
            letters = Letter.objects.filter(kind__in=DunningTone.values).exclude(pk__in=known)
            told = {letter.invoice_id: letter for letter in letters.select_related("invoice")}
            resting = set(plans_in_force().values_list("invoice", flat=True))
            owed = open_minor([pk for pk in told if pk is not None])
            # Nobody is asked for what is paid, not due yet, or agreed to come in parts.
            for bill_id, letter in told.items():
                assert letter.invoice is not None
                assert letter.invoice.due_on is not None
                assert (owed[letter.invoice.pk] > 0, letter.invoice.due_on < today) == (True, True)
                assert bill_id not in resting


def a_day(world: World) -> None:
    """A day passes: bills come due, instalments late, keys are forgotten."""
    world.fake.control.obey("clock", {"advance_s": 24 * 3600})


def trouble(world: World) -> None:
    """Now and then the provider's next answers are lost or refused on the way."""
    if world.random.random() < 0.15:
        tries = world.random.randrange(1, 4)
        fates = [world.random.choice(["lost", "crash", "limit"]) for _try in range(tries)]
        world.fake.faults.order_answers(fates)
