"""One key, one deed: replays, changed parameters, answers that got lost."""

from __future__ import annotations

import pytest
import stripe

from billing.fakestripe.server import FakeStripe
from tests.billing.fakestripe.merchant import order


def _is_replay(session: stripe.checkout.Session) -> bool:
    response = session.last_response
    return response is not None and response.headers.get("Idempotent-Replayed") == "true"


def test_the_same_request_under_one_key_is_done_once(client: stripe.StripeClient, fake: FakeStripe) -> None:
    first, second = (
        client.v1.checkout.sessions.create(params=order(), options={"idempotency_key": "k"}) for _ in range(2)
    )

    assert first.to_dict() == second.to_dict()
    assert _is_replay(second)
    assert fake.order("state")["objects"]["checkout.session"] == 1


def test_other_parameters_under_one_key_are_refused(client: stripe.StripeClient, fake: FakeStripe) -> None:
    create = client.v1.checkout.sessions.create
    create(params=order(), options={"idempotency_key": "k"})

    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        create(params=order(submit_type="pay"), options={"idempotency_key": "k"})

    assert fake.order("state")["objects"]["checkout.session"] == 1


def test_a_malformed_request_leaves_its_key_free(client: stripe.StripeClient) -> None:
    create = client.v1.checkout.sessions.create
    with pytest.raises(stripe.InvalidRequestError):
        create(params=order(colour="red"), options={"idempotency_key": "k"})

    assert create(params=order(), options={"idempotency_key": "k"}).status == "open"


def test_a_refusal_that_came_later_stays_with_its_key(client: stripe.StripeClient, fake: FakeStripe) -> None:
    create = client.v1.checkout.sessions.create
    params = order(mode="setup")
    answers = []
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            create(params=params, options={"idempotency_key": "k"})
        answers.append(str(caught.value.json_body))

    assert answers[0] == answers[1]
    assert len(fake.book.answers) == 1


def test_a_lost_answer_is_found_again_under_its_key(client: stripe.StripeClient, fake: FakeStripe) -> None:
    create = client.v1.checkout.sessions.create
    fake.order("answers", next=["lost"])
    with pytest.raises(stripe.APIConnectionError):
        create(params=order(), options={"idempotency_key": "k"})
    done = fake.order("state")["objects"]["checkout.session"]

    found = create(params=order(), options={"idempotency_key": "k"})

    assert done == 1
    assert fake.order("state")["objects"]["checkout.session"] == 1
    assert _is_replay(found)


@pytest.mark.parametrize(("fault", "error"), [("crash", stripe.APIError), ("limit", stripe.RateLimitError)])
def test_a_refused_request_has_done_nothing(
    client: stripe.StripeClient, fake: FakeStripe, fault: str, error: type[stripe.StripeError]
) -> None:
    fake.order("answers", next=[fault])

    with pytest.raises(error):
        client.v1.checkout.sessions.create(params=order(), options={"idempotency_key": "k"})

    assert "checkout.session" not in fake.order("state")["objects"]
    assert client.v1.checkout.sessions.create(params=order(), options={"idempotency_key": "k"}).id


def test_an_order_that_names_no_fault_is_refused(fake: FakeStripe) -> None:
    with pytest.raises(ValueError, match="'vanish' is no fault"):
        fake.order("answers", next=["vanish"])
    with pytest.raises(ValueError, match="'delay:soon' is no fault"):
        fake.order("webhooks", next=["delay:soon"])
    with pytest.raises(ValueError, match="No such order"):
        fake.order("explode")
    with pytest.raises(ValueError, match="lacks 'session'"):
        fake.order("pay")
    assert (fake.faults.answers, fake.faults.deliveries) == ([], [])
