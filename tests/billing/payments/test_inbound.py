"""What a provider sends is believed for its signature and read no further than needed."""

from __future__ import annotations

import json
import time

import pytest
import stripe

from billing.payments.inbound import MalformedEventError, UntrustedEventError, verified
from billing.payments.provider import InboundEvent

OLD, NEW = "whsec_old", "whsec_new"


def _body(thing: object) -> str:
    return json.dumps({"id": "evt_1", "type": "some.thing", "data": {"object": thing}})


def _sign(body: str, secret: str = NEW, *, age_s: int = 0) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()) - age_s)
    return header


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_while_a_secret_is_rotated_both_are_believed(secret: str) -> None:
    body = _body({"object": "checkout.session", "id": "cs_1"})

    event = verified(body.encode(), signature=_sign(body, secret), secrets=[OLD, NEW])

    assert event == InboundEvent(event_id="evt_1", type="some.thing", subject_id="cs_1", raw=body)


@pytest.mark.parametrize(
    ("thing", "subject_id"),
    [
        ({"object": "payment_intent", "id": "pi_1"}, "pi_1"),
        ({"object": "refund", "id": "re_1", "payment_intent": "pi_1"}, "re_1"),
        ({"object": "dispute", "id": "du_1", "payment_intent": "pi_1"}, "du_1"),
        ({"object": "payout", "id": "po_1"}, "po_1"),
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, "pi_1"),
        ({"object": "charge", "id": "ch_1", "payment_intent": None}, ""),
    ],
)
def test_an_event_says_what_to_look_at(thing: object, subject_id: str) -> None:
    body = _body(thing)

    assert verified(body.encode(), signature=_sign(body), secrets=[NEW]).subject_id == subject_id


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        "t=1,v1=00",
        _sign(_body({}), "whsec_of_a_stranger"),
        _sign(_body({}), age_s=301),
        _sign(_body({}) + " "),
    ],
)
def test_a_signature_that_is_missing_strange_stale_or_of_another_body_is_refused(signature: str) -> None:
    with pytest.raises(UntrustedEventError):
        verified(_body({}).encode(), signature=signature, secrets=[NEW])


def test_without_secrets_nothing_is_believed() -> None:
    body = _body({})

    for secrets in ([], [""]):
        with pytest.raises(UntrustedEventError):
            verified(body.encode(), signature=_sign(body, ""), secrets=secrets)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UntrustedEventError):
        verified(b"\xff\xfe", signature=_sign("x"), secrets=[NEW])


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"id": "evt_1"}', _body(None), _body("text"), _body([])])
def test_what_is_signed_and_no_event_is_malformed(body: str) -> None:
    with pytest.raises(MalformedEventError):
        verified(body.encode(), signature=_sign(body), secrets=[NEW])
