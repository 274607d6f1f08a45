"""Calendar months and years, and the days of a period in some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from accounts.period import Period, end_of


def cut_at(period: Period[date], edges: Iterable[date]) -> list[Period[date]]:
    """``period`` in pieces that begin at its start and at each of ``edges`` within it."""
    inner = sorted(edge for edge in set(edges) if period.start < edge and edge in period)
    starts = [period.start, *inner]
    return [Period(start, end) for start, end in zip(starts, [*inner, period.end], strict=True)]


def in_months(period: Period[date], months: Sequence[int]) -> list[Period[date]]:
    """The stretches of ``period`` that lie in these calendar months, each as long as can be."""
    if not months:
        return [period]
    stretches: list[Period[date]] = []
    for month in calendar(period, months=1):
        shared = month & period
        if shared is None or month.start.month not in months:
            continue
        if stretches and stretches[-1].end == shared.start:
            shared = Period(stretches.pop().start, shared.end)
        stretches.append(shared)
    return stretches


def calendar(period: Period[date], *, months: int) -> Iterator[Period[date]]:
    """Calendar months (1) or years (12) from the one in which ``period`` starts until it is covered."""
    start = period.start.replace(month=period.start.month if months == 1 else 1, day=1)
    while start < end_of(period):
        end = _later(start, months)
        yield Period(start, end)
        start = end


def _later(first_of_month: date, months: int) -> date:
    years, month = divmod(first_of_month.month - 1 + months, 12)
    return date(first_of_month.year + years, month + 1, 1)
