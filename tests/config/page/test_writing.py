"""How the page writes money, degrees, moments and periods."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone, translation

from billing.models import Invoice
from config.page.templatetags.page import day_and_time, degrees, iso, money, period_words

NOON = datetime(2026, 1, 5, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [(12345, "CNY", "¥123.45"), (5, "CNY", "¥0.05"), (123456789, "DKK", "1,234,567.89 DKK")],
)
def test_money_is_written_with_sign_or_code(minor: int, currency: str, written: str) -> None:
    assert money(minor, currency) == written


@pytest.mark.parametrize(
    ("value", "written"), [(21.44, "21.4"), (-2.34, "\N{MINUS SIGN}2.3"), (-0.04, "0.0")]
)
def test_degrees_have_one_decimal_and_a_true_minus(value: float, written: str) -> None:
    assert degrees(value) == written


def test_machines_get_utc() -> None:
    assert iso(NOON) == "2026-01-05T04:00:00+00:00"


@pytest.mark.parametrize(
    ("ago", "written"),
    [
        (timedelta(minutes=5), "11:55 a.m."),
        (timedelta(hours=13), "yesterday 11 p.m."),
        (timedelta(days=3), "January 2, noon"),
    ],
)
def test_the_day_is_said_only_where_it_is_not_today(ago: timedelta, written: str) -> None:
    with timezone.override("Asia/Shanghai"):
        assert day_and_time(NOON - ago, NOON) == written


def a_bill(*, period_start: date, period_end: date) -> Invoice:
    """A bill that is stored nowhere."""
    return Invoice(utility_id=1, period_start=period_start, period_end=period_end)


def test_a_month_is_called_by_its_name() -> None:
    bill = a_bill(period_start=date(2026, 1, 1), period_end=date(2026, 2, 1))

    assert period_words(bill) == "January 2026"
    with translation.override("zh-hans"):
        assert period_words(bill) == "2026年1月"


@pytest.mark.parametrize(
    ("first", "end", "english", "chinese"),
    [
        (
            date(2025, 11, 15),
            date(2026, 1, 1),
            "Nov. 15 to Dec. 31, 2025",
            "2025年11月15日至12月31日",
        ),
        (
            date(2025, 11, 15),
            date(2026, 3, 16),
            "Nov. 15, 2025 to March 15, 2026",
            "2025年11月15日至2026年3月15日",
        ),
    ],
)
def test_another_period_is_called_by_its_first_and_last_day(
    first: date, end: date, english: str, chinese: str
) -> None:
    bill = a_bill(period_start=first, period_end=end)

    assert period_words(bill) == english
    with translation.override("zh-hans"):
        assert period_words(bill) == chinese
