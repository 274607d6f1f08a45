"""`manage.py bill`: bill a period of a utility, from a terminal or a timer."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.enums import MINOR_DIGITS, Currency
from accounts.models import Household, Utility
from accounts.period import EmptyPeriodError, Period
from accounts.scope import utility_scope
from billing.operations.periods import BillingRun, Step, bill_period
from billing.operations.rated import PeriodNotOverError
from billing.rating.lines import amount

# With --verbosity 2 every contract left out is named.
NAMES_EVERYONE = 2


class Command(BaseCommand):
    """Draws up the invoices of all contracts, and issues them where told to."""

    help = "Bill the days from --from until before --to for every contract of a utility."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--utility", required=True, help="the utility's slug")
        parser.add_argument("--from", required=True, type=_day, help="first day, 2026-01-01")
        parser.add_argument("--to", required=True, type=_day, help="the day after the last")
        how_far = parser.add_mutually_exclusive_group()
        how_far.add_argument("--issue", action="store_true", help="number, freeze and post them")
        how_far.add_argument("--dry-run", action="store_true", help="rate, and write nothing down")

    def handle(self, **options: Any) -> None:  # noqa: ANN401 - whatever the parser gave
        """Bill, telling how far it is."""
        utility = self._utility(options["utility"])
        try:
            run = bill_period(
                utility=utility,
                period=Period(options["from"], options["to"]),
                at=timezone.now(),
                step=_step(options),
                progress=self._progress,
            )
        except (EmptyPeriodError, PeriodNotOverError) as error:
            raise CommandError(str(error)) from error
        self._summary(run, utility, step=_step(options))
        if options["verbosity"] >= NAMES_EVERYONE:
            self._name_skipped(run, utility)

    def _utility(self, slug: str) -> Utility:
        utility = Utility.objects.filter(slug=slug).first()
        if utility is None:
            known = ", ".join(Utility.objects.order_by("slug").values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no utility '{slug}'. Known are: {known}.")
        return utility

    def _progress(self, run: BillingRun) -> None:
        self.stdout.write(f"{run.seen} of {run.contracts} contracts")

    def _summary(self, run: BillingRun, utility: Utility, *, step: Step) -> None:
        total = amount(run.total_minor, utility.currency, MINOR_DIGITS[Currency(utility.currency)])
        done = {Step.PREVIEW: "could be drawn up", Step.DRAFT: "drafted", Step.ISSUE: "issued"}[step]
        self.stdout.write(f"{run.bills} invoices {done}, {total} in all; {len(run.skipped)} left out")
        for reason, contracts in run.reasons.most_common():
            self.stdout.write(f"  {contracts} x {reason.label}")

    def _name_skipped(self, run: BillingRun, utility: Utility) -> None:
        with utility_scope(utility):
            ids = {skipped.household_id for skipped in run.skipped}
            numbers = dict(Household.objects.filter(pk__in=ids).values_list("pk", "customer_number"))
        for skipped in run.skipped:
            self.stdout.write(f"{numbers[skipped.household_id]}: {skipped.reason.label}: {skipped.detail}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no date such as 2026-01-31") from error


def _step(options: dict[str, Any]) -> Step:
    if options["issue"]:
        return Step.ISSUE
    return Step.PREVIEW if options["dry_run"] else Step.DRAFT
