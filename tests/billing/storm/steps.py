"""What residents, clerks, banks, networks and sweeps do; each step is one operation of the count."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

import stripe
from django.db import transaction

from accounts.scope import across_utilities, utility_scope
from billing.enums import (
    AccountCode,
    AttemptState,
    CorrectionCause,
    EntryKind,
    EventState,
    RefundReason,
    RefundState,
)
from billing.fakestripe.book import Json
from billing.models import Invoice, PaymentAttempt, Refund, WebhookEvent
from billing.operations.autopay import resend_charges
from billing.operations.corrections import CannotCorrectError, Ground, credit_lines
from billing.operations.credit import balance_contracts, lock_contracts
from billing.operations.ledger import Side, post_entry
from billing.operations.payments import NothingDueError, PaymentRequest, PaymentUnderWayError, start_payment
from billing.operations.plans import review_plans
from billing.operations.reconcile import fill_gaps, reconcile_account, reconcile_attempts, reconcile_refunds
from billing.operations.refunds import RefundError, RefundRequest, decide_refund, request_refund, send_refund
from billing.operations.webhooks import process_event, receive_event
from billing.payments.inbound import verified
from billing.payments.provider import ProviderError
from billing.queries.balance import open_minor
from tests.billing.storm.bank_steps import finish_imports, match, transfer
from tests.billing.storm.promise_steps import (
    a_day,
    agree,
    allow_charges,
    charge_cards,
    end_mandate,
    save_card,
    settle_charge,
    trouble,
    write_reminders,
)
from tests.billing.storm.world import World, a_bill, bill_of

Step = Callable[[World], None]
METHODS: Final = ("card", "card", "card", "alipay", "wechat_pay")
# What becomes of a webhook on its way; that one overtakes another needs no fate.
FATES: Final = {"on time": 70, "lost": 10, "duplicated": 10, "delayed": 10}
MOST_READY: Final = 200


def issue(world: World) -> None:
    """A customer gets a bill; now and then one of nothing."""
    customer = world.customer()
    with utility_scope(customer.utility):
        net_minor = 0 if world.random.random() < 0.02 else world.random.randrange(500, 90_000)
        customer.days = Invoice.objects.filter(contract=customer.contract).count()
        customer.bills.append(a_bill(world, customer, net_minor=net_minor).pk)


def ask(world: World) -> None:
    """A resident wants to pay; now and then the provider's answer is lost or refused on the way."""
    customer = world.customer()
    bill = bill_of(world, customer)
    if bill is None:
        return
    trouble(world)
    with utility_scope(customer.utility), suppress(NothingDueError, PaymentUnderWayError, ProviderError):
        asked = PaymentRequest(invoice=bill, by=customer.payer, locale="zh-hans")
        started = start_payment(request=asked, provider=world.gateway, at=world.at)
        # Nobody is ever sent to a page that asks for more, or less, than is owed.
        assert started.attempt.amount_minor == open_minor([bill.pk])[bill.pk]
    world.fake.faults.answers.clear()


def pay(world: World) -> None:
    """Somebody pays an open page, known to us or not."""
    session = world.a_thing("checkout.session", status="open", mode="payment")
    if session:
        slowly = world.random.random() < 0.25
        world.fake.control.obey(
            "pay", {"session": session["id"], "method": world.random.choice(METHODS), "slowly": slowly}
        )


def decline(world: World) -> None:
    """A card is turned down; the page stays open."""
    session = world.a_thing("checkout.session", status="open", mode="payment")
    if session:
        world.fake.control.obey("pay", {"session": session["id"], "card": "4000000000000002"})


def settle_slow(world: World) -> None:
    """The bank ends a slow payment, one way or the other."""
    session = world.a_thing("checkout.session", status="complete", payment_status="unpaid")
    if session:
        order = {"session": session["id"], "succeeded": world.random.random() < 0.7}
        world.fake.control.obey("settle", order)


def pay_at_the_counter(world: World) -> None:
    """A part of a bill is paid in cash."""
    customer = world.customer()
    bill = bill_of(world, customer)
    if bill is None:
        return
    minor = world.random.randrange(1, 5000)
    with utility_scope(customer.utility), transaction.atomic():
        lock_contracts([bill.contract_id])
        post_entry(
            key=f"counter-{world.done.total()}-{bill.pk}",
            kind=EntryKind.PAYMENT,
            at=world.at,
            currency=bill.currency,
            sides=[
                Side(account=AccountCode.BANK, amount_minor=minor),
                Side(
                    account=AccountCode.CUSTOMER_CREDIT,
                    amount_minor=-minor,
                    contract_id=bill.contract_id,
                ),
            ],
        )
        balance_contracts(contract_ids=[bill.contract_id], cause=f"counter-{world.done.total()}", at=world.at)
    world.outside_minor[customer.contract.pk] += minor


def correct(world: World) -> None:
    """A clerk takes back a part of a bill."""
    customer = world.customer()
    bill = bill_of(world, customer)
    if bill is None:
        return
    with utility_scope(customer.utility), suppress(CannotCorrectError):
        line = bill.lines.get()
        minor = world.random.randrange(1, max(2, bill.total_minor // 3))
        ground = Ground(cause=CorrectionCause.AGREED, reason="Cold rooms", actor=world.clerks[0])
        credit_lines(bill=bill, parts={line.pk: minor}, ground=ground, at=world.at)


def ask_for_refund(world: World) -> None:
    """A clerk gives back a part of a payment."""
    attempt = _a_paid_attempt(world)
    if attempt is None:
        return
    with utility_scope(attempt.utility_id), suppress(RefundError, ProviderError):
        request = RefundRequest(
            attempt=attempt,
            amount_minor=world.random.randrange(1, attempt.amount_minor + 1),
            reason=RefundReason.GOODWILL,
            by=world.clerks[0],
        )
        refund = request_refund(request=request, at=world.at)
        _slow_refunds(world)
        send_refund(refund=refund, provider=world.gateway, at=world.at)


def decide(world: World) -> None:
    """A second clerk agrees, or does not."""
    with across_utilities("a storm"):
        waiting = Refund.objects.filter(state=RefundState.REQUESTED).select_related("attempt__invoice")
        refunds = list(waiting.order_by("requested_at", "amount_minor"))
    if not refunds:
        return
    refund = world.random.choice(refunds)
    with utility_scope(refund.utility_id), suppress(RefundError, ProviderError):
        agreed = world.random.random() < 0.8
        refund = decide_refund(refund=refund, by=world.clerks[1], agreed=agreed, at=world.at)
        _slow_refunds(world)
        send_refund(refund=refund, provider=world.gateway, at=world.at)


def settle_refund(world: World) -> None:
    """A bank ends a refund; now and then it sends back one that had succeeded."""
    is_late_failure = world.random.random() < 0.2
    refund = world.a_thing("refund", status="succeeded" if is_late_failure else "pending")
    if refund:
        succeeded = not is_late_failure and world.random.random() < 0.6
        world.fake.control.obey("settle_refund", {"refund": refund["id"], "succeeded": succeeded})


def refund_at_the_provider(world: World) -> None:
    """Somebody gives money back on the provider's own pages."""
    charge = world.a_thing("charge", paid=True, refunded=False, disputed=False)
    if charge:
        left = charge["amount_captured"] - charge["amount_refunded"]
        form = f"charge={charge['id']}&amount={world.random.randrange(1, left + 1)}"
        _slow_refunds(world)
        headers = {"Authorization": f"Bearer {world.fake.secret_key}"}
        world.transport.request("POST", "https://fake.invalid/v1/refunds", headers, form)


def dispute(world: World) -> None:
    """A cardholder objects."""
    charge = world.a_thing("charge", paid=True, disputed=False)
    if charge:
        inquiry = world.random.random() < 0.3
        world.fake.control.obey("dispute", {"charge": charge["id"], "inquiry": inquiry})


def close_dispute(world: World) -> None:
    """A bank decides."""
    status = world.random.choice(["needs_response", "needs_response", "warning_needs_response"])
    found = world.a_thing("dispute", status=status)
    if found:
        order = {"dispute": found["id"], "won": world.random.random() < 0.5}
        world.fake.control.obey("close_dispute", order)


def pay_out(world: World) -> None:
    """The provider sends the balance to the bank; now and then the bank sends it back."""
    world.fake.control.obey("pay_out", {"currency": "cny"})
    payout = world.a_thing("payout", status="paid")
    if payout and world.random.random() < 0.1:
        world.fake.control.obey("fail_payout", {"payout": payout["id"]})


def deliver(world: World) -> None:
    """Webhooks arrive in any order: some twice, some never, some hours late."""
    outbox = world.fake.book.outbox
    ready = [parcel for parcel in outbox if parcel["due"] <= world.fake.book.now()]
    # Of a flood nobody took, the oldest are lost.
    kept = ready[-MOST_READY:]
    late = [parcel for parcel in outbox if parcel["due"] > world.fake.book.now()]
    world.random.shuffle(kept)
    outbox[:] = late + kept
    for parcel in kept[: world.random.randrange(1, 8)]:
        outbox.remove(parcel)
        fate = world.random.choices(list(FATES), list(FATES.values()))[0]
        world.webhooks[fate] += 1
        if fate == "delayed":
            outbox.append({**parcel, "due": world.fake.book.now() + world.random.randrange(60, 4 * 3600)})
        if fate == "duplicated":
            outbox.append(parcel)
        if fate in {"on time", "duplicated"}:
            _hear(world, world.fake.book.objects[parcel["event"]])


def work(world: World) -> None:
    """A worker takes events from the inbox, any of them."""
    waiting = WebhookEvent.objects.filter(state=EventState.RECEIVED).order_by("pk")
    event_ids = list(waiting.values_list("pk", flat=True)[:MOST_READY])
    wanted = min(len(event_ids), world.random.randrange(1, 6))
    for event_id in world.random.sample(event_ids, wanted):
        process_event(event_id=event_id, provider=world.gateway, at=world.at)


def sweep_attempts(world: World) -> None:
    """Payments without news are looked up."""
    reconcile_attempts(provider=world.gateway, at=world.at)


def sweep_refunds(world: World) -> None:
    """Refunds that were never sent, or never answered."""
    reconcile_refunds(provider=world.gateway, at=world.at)


def sweep_events(world: World) -> None:
    """The provider's own list of what happened."""
    fill_gaps(provider=world.gateway, at=world.at)


def sweep_account(world: World) -> None:
    """The provider's account, line by line."""
    reconcile_account(provider=world.gateway, at=world.at)


def wait(world: World) -> None:
    """Half an hour passes; pages expire."""
    world.fake.control.obey("clock", {"advance_s": 1800})


WEIGHTS: Final[dict[Step, float]] = {
    issue: 9,
    correct: 3,
    transfer: 3,
    match: 2,
    ask: 18,
    pay: 16,
    decline: 3,
    settle_slow: 5,
    allow_charges: 2,
    save_card: 2,
    end_mandate: 0.5,
    charge_cards: 2,
    settle_charge: 2,
    agree: 3,
    write_reminders: 1,
    a_day: 1,
    pay_at_the_counter: 3,
    ask_for_refund: 4,
    decide: 2,
    settle_refund: 3,
    refund_at_the_provider: 2,
    dispute: 2,
    close_dispute: 2,
    pay_out: 1,
    deliver: 14,
    work: 14,
    sweep_attempts: 1,
    sweep_refunds: 1,
    sweep_events: 1,
    sweep_account: 1,
    wait: 1,
}


def calm_down(world: World) -> None:
    """No more faults: whatever was lost is found by the sweeps, as in the minutes after a bad day."""
    world.fake.faults.answers.clear()
    finish_imports(world)
    at = world.at + timedelta(minutes=11)
    for _round in range(4):
        fill_gaps(provider=world.gateway, at=at)
        reconcile_attempts(provider=world.gateway, at=at)
        waiting = WebhookEvent.objects.filter(state=EventState.RECEIVED).order_by("pk")
        for event_id in list(waiting.values_list("pk", flat=True)):
            process_event(event_id=event_id, provider=world.gateway, at=at)
        resend_charges(provider=world.gateway, at=at)
        reconcile_refunds(provider=world.gateway, at=at)
        reconcile_account(provider=world.gateway, at=at)
    for utility in world.utilities:
        with utility_scope(utility):
            review_plans(at=at)


def _slow_refunds(world: World) -> None:
    world.fake.control.obey("slow", {"refunds": int(world.random.random() < 0.4)})


def _hear(world: World, event: Json) -> None:
    body = json.dumps(event, ensure_ascii=False)
    signature = stripe.WebhookSignature.generate_signature_header(body, world.fake.webhook_secret)
    inbound = verified(body.encode(), signature=signature, secrets=[world.fake.webhook_secret])
    receive_event(provider="stripe", event=inbound, at=world.at)


def _a_paid_attempt(world: World) -> PaymentAttempt | None:
    intent = world.a_thing("payment_intent", status="succeeded")
    if intent is None:
        return None
    with across_utilities("a storm"):
        rows = PaymentAttempt.objects.filter(pk=intent["metadata"]["attempt"], state=AttemptState.PAID)
        return rows.select_related("invoice").first()
