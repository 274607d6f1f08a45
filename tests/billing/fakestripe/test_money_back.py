"""What goes back or on to the bank, through the SDK: slow and failing refunds, disputes, payouts, cards."""

from __future__ import annotations

import pytest
import stripe

from billing.fakestripe.server import FakeStripe
from tests.billing.fakestripe.merchant import Inbox, order

TOTAL = 12_345
# 2.9 % and 2.00, rounded down.
FEE = 558


@pytest.fixture
def charge(client: stripe.StripeClient, fake: FakeStripe) -> stripe.Charge:
    """CNY 123.45 paid by card."""
    session = client.v1.checkout.sessions.create(params=order())
    fake.order("pay", session=session.id)
    return client.v1.charges.list().data[0]


def _lines(client: stripe.StripeClient) -> list[tuple[str, int, int]]:
    rows = client.v1.balance_transactions.list()
    return [(row.type, row.amount, row.fee) for row in rows.data]


def test_a_pending_refund_moves_money_when_it_succeeds(
    client: stripe.StripeClient, fake: FakeStripe, charge: stripe.Charge, inbox: Inbox
) -> None:
    fake.order("slow", refunds=1)
    refund = client.v1.refunds.create(params={"charge": charge.id, "amount": 1000})
    before = _lines(client)
    fake.order("settle_refund", refund=refund.id, succeeded=True)

    assert (refund.status, refund.balance_transaction) == ("pending", None)
    assert before == [("charge", TOTAL, FEE)]
    assert _lines(client)[0] == ("refund", -1000, 0)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    inbox.wait_for("refund.created", "refund.updated")


def test_a_refund_sent_back_by_the_customers_bank_is_the_merchants_again(
    client: stripe.StripeClient, fake: FakeStripe, charge: stripe.Charge
) -> None:
    refund = client.v1.refunds.create(params={"charge": charge.id})
    fake.order("settle_refund", refund=refund.id, succeeded=False)

    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert _lines(client)[0] == ("refund_failure", TOTAL, 0)
    # All of it may go back once more.
    assert client.v1.refunds.create(params={"charge": charge.id}).amount == TOTAL


@pytest.mark.parametrize(("won", "lines"), [(True, 3), (False, 2)])
def test_a_dispute_takes_the_money_and_a_fee_until_it_is_won(
    client: stripe.StripeClient, fake: FakeStripe, charge: stripe.Charge, *, won: bool, lines: int
) -> None:
    given = fake.order("dispute", charge=charge.id)
    with pytest.raises(stripe.InvalidRequestError, match="charged back"):
        client.v1.refunds.create(params={"charge": charge.id})
    fake.order("close_dispute", dispute=given["id"], won=won)

    dispute = client.v1.disputes.retrieve(given["id"], params={"expand": ["payment_intent"]})
    assert dispute.status == ("won" if won else "lost")
    assert sum(row.amount for row in dispute.balance_transactions) == (0 if won else -TOTAL)
    assert len(_lines(client)) == lines
    assert ("adjustment", -TOTAL, 1500) in _lines(client)
    with pytest.raises(ValueError, match="already"):
        fake.order("close_dispute", dispute=given["id"], won=not won)


def test_a_payout_names_its_lines_and_one_that_fails_goes_out_again(
    client: stripe.StripeClient, fake: FakeStripe, charge: stripe.Charge
) -> None:
    first = fake.order("pay_out", currency="cny")
    with pytest.raises(ValueError, match="nothing to pay out"):
        fake.order("pay_out", currency="cny")
    rows = client.v1.balance_transactions.list(params={"payout": first["id"], "expand": ["data.source"]})
    fake.order("fail_payout", payout=first["id"])
    second = fake.order("pay_out", currency="cny")

    assert {row.type for row in rows.data} == {"charge", "payout"}
    assert sum(row.net for row in rows.data) == 0
    assert charge.id in {row.source.id for row in rows.data if not isinstance(row.source, str) and row.source}
    assert client.v1.payouts.retrieve(first["id"]).status == "failed"
    assert second["amount"] == first["amount"] == TOTAL - FEE


def test_lists_go_on_after_the_row_one_stopped_at(client: stripe.StripeClient, charge: stripe.Charge) -> None:
    first = client.v1.events.list(params={"limit": 100}).data
    client.v1.refunds.create(params={"charge": charge.id, "amount": 1})

    newer = client.v1.events.list(params={"ending_before": first[0].id}).data

    assert [event.type for event in newer] == ["charge.refunded", "refund.created"]
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        client.v1.events.list(params={"ending_before": "evt_forgotten"})


def test_a_card_is_saved_for_a_customer_only(client: stripe.StripeClient) -> None:
    params = order(mode="setup", currency="cny", line_items=None, payment_intent_data=None)

    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.checkout.sessions.create(params=params)


def test_a_saved_card_is_charged_by_its_own_customer_and_not_after_it_was_let_go(
    client: stripe.StripeClient, fake: FakeStripe
) -> None:
    customer = client.v1.customers.create()
    params = order(
        mode="setup", currency="cny", customer=customer.id, line_items=None, payment_intent_data=None
    )
    session = client.v1.checkout.sessions.create(params=params)
    fake.order("save_card", session=session.id)
    done = client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["setup_intent"]})
    assert isinstance(done.setup_intent, stripe.SetupIntent)
    method = str(done.setup_intent.payment_method)

    def charge_it(owner: str) -> str:
        return client.v1.payment_intents.create(
            params={
                "amount": 5000,
                "currency": "cny",
                "customer": owner,
                "payment_method": method,
                "off_session": True,
                "confirm": True,
            }
        ).status

    assert done.payment_status == "no_payment_required"
    assert charge_it(customer.id) == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="does not belong"):
        charge_it(client.v1.customers.create().id)
    client.v1.payment_methods.detach(method)
    with pytest.raises(stripe.InvalidRequestError, match="does not belong"):
        charge_it(customer.id)
