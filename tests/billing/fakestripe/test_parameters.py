"""Whatever Stripe's API version does not know is refused, in Stripe's words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import stripe.params.checkout
from stripe.params import RefundCreateParams

from billing.fakestripe import forms, schema
from billing.fakestripe.refusals import StripeRefusalError
from tests.billing.fakestripe.merchant import order

SESSION = stripe.params.checkout.SessionCreateParams


def _refused(text: str) -> dict[str, Any]:
    with pytest.raises(StripeRefusalError) as caught:
        schema.checked(forms.decode(text), SESSION)
    error: dict[str, Any] = caught.value.body["error"]
    return error


def test_nested_keys_become_groups_and_empty_brackets_count_on() -> None:
    assert forms.decode("a[b][0][c]=1&a[b][1][c]=2&d[]=x&d[]=y&e=") == {
        "a": {"b": {"0": {"c": "1"}, "1": {"c": "2"}}},
        "d": {"0": "x", "1": "y"},
        "e": "",
    }


@pytest.mark.parametrize("text", ["a[b=1", "a]=1", "a=1&a[b]=2", "[a]=1"])
def test_a_key_that_makes_no_tree_is_refused(text: str) -> None:
    with pytest.raises(StripeRefusalError):
        forms.decode(text)


def test_values_take_the_types_the_sdk_gives_them() -> None:
    text = "expires_at=99&adaptive_pricing[enabled]=false&metadata[0]=x&expand[0]=a&expand[1]=b&locale=zh"

    assert schema.checked(forms.decode(text), SESSION) == {
        "expires_at": 99,
        "adaptive_pricing": {"enabled": False},
        "metadata": {"0": "x"},
        "expand": ["a", "b"],
        "locale": "zh",
    }


def test_list_items_keep_their_order_past_nine() -> None:
    text = "&".join(f"expand[{n}]={n}" for n in (10, 2, 0, 1))

    assert schema.checked(forms.decode(text), SESSION) == {"expand": ["0", "1", "2", "10"]}


@pytest.mark.parametrize(
    ("text", "param", "code"),
    [
        ("colour=red", "colour", "parameter_unknown"),
        ("line_items[0][colour]=red", "line_items[0][colour]", "parameter_unknown"),
        ("api_key=sk", "api_key", "parameter_unknown"),
        ("payment_method_types[0]=card", "payment_method_types", "payment_method_types_no_longer_supported"),
        ("expires_at=soon", "expires_at", "parameter_invalid_integer"),
        ("expires_at=1.5", "expires_at", "parameter_invalid_integer"),
        ("success_url=", "success_url", "parameter_invalid_empty"),
        (
            "line_items[0][price_data][unit_amount]=5",
            "line_items[0][price_data][currency]",
            "parameter_missing",
        ),
        (
            "payment_method_options[wechat_pay][app_id]=x",
            "payment_method_options[wechat_pay][client]",
            "parameter_missing",
        ),
    ],
)
def test_a_fault_is_named_by_parameter_and_code(text: str, param: str, code: str) -> None:
    error = _refused(text)

    assert (error["param"], error["code"]) == (param, code)


@pytest.mark.parametrize(
    ("text", "param"),
    [
        ("mode=gift", "mode"),
        ("ui_mode=hosted", "ui_mode"),  # renamed to hosted_page in 2026
        ("allowed_payment_method_types[0]=cash", "allowed_payment_method_types[0]"),
        ("adaptive_pricing[enabled]=perhaps", "adaptive_pricing[enabled]"),
        ("mode[a]=payment", "mode"),
        ("metadata=x", "metadata"),
        ("line_items=x", "line_items"),
        ("metadata[a][b]=x", "metadata[a]"),
        (
            "line_items[0][price_data][currency]=cny&line_items[0][price_data][unit_amount_decimal]=x",
            "line_items[0][price_data][unit_amount_decimal]",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(text: str, param: str) -> None:
    assert _refused(text)["param"] == param


def test_a_list_nested_in_a_clearable_group_keeps_its_checks() -> None:
    with pytest.raises(StripeRefusalError) as caught:
        schema.checked({"amount": "1", "metadata": {"a": "b"}, "reason": "boredom"}, RefundCreateParams)

    assert caught.value.body["error"]["param"] == "reason"


def test_what_the_product_sends_is_what_the_sdk_types_allow() -> None:
    params = order(expires_at="5")
    params["line_items"] = {"0": params["line_items"][0] | {"quantity": "1"}}
    params["line_items"]["0"]["price_data"] |= {"unit_amount": "12345"}
    params["allowed_payment_method_types"] = {"0": "card"}

    checked = schema.checked(params, SESSION)

    assert checked["line_items"][0]["price_data"]["unit_amount"] == 12345
    assert checked["expires_at"] == 5


def test_decimals_stay_text_so_that_nothing_is_rounded() -> None:
    data = {"currency": "cny", "unit_amount_decimal": "1.23456789"}
    checked = schema.checked({"line_items": {"0": {"price_data": data}}}, SESSION)

    assert Decimal(checked["line_items"][0]["price_data"]["unit_amount_decimal"]) == Decimal("1.23456789")
