"""`manage.py tariff`: a tariff as one file: checked, tried on a home, made a draft, or written out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.enums import MINOR_DIGITS, Currency
from accounts.models import Utility
from accounts.scope import utility_scope
from billing.facts import Home
from billing.form_reader import FormError
from billing.home_form import parse_home
from billing.models import TariffVersion
from billing.operations.tariff_files import form_of, refuse_senseless, take_tariff
from billing.operations.tariffs import TariffRefusedError, activate_version
from billing.rating.alike import FAULTS
from billing.rating.bill import Bill, advance, rate
from billing.rating.lines import amount
from billing.rating.settlement import settle
from billing.rating.written import terms_of
from billing.tariff_form import TariffForm, dump, parse
from billing.terms import Settlement


class Command(BaseCommand):
    """Reads, tries, takes over and writes tariffs; `docs/tariffs.md` describes the file."""

    help = "Check a tariff file, try it on a home, take it over as a draft, or write one out."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        check = what.add_parser("check", help="read the file and say everything that is wrong with it")
        check.add_argument("file", type=Path)
        attempt = what.add_parser("try", help="rate a home, given as a file, by the tariff in the file")
        attempt.add_argument("file", type=Path)
        attempt.add_argument("home", type=Path)
        attempt.add_argument("--currency", choices=Currency.values, default=Currency.CNY.value)
        take = what.add_parser("import", help="make it a draft of a utility")
        take.add_argument("file", type=Path)
        take.add_argument("--utility", required=True, help="the utility's slug")
        take.add_argument("--activate", action="store_true", help="and put it in force")
        give = what.add_parser("export", help="write a version out, the newest unless told otherwise")
        give.add_argument("--utility", required=True, help="the utility's slug")
        give.add_argument("--version-id", type=int)

    def handle(self, **options: Any) -> None:  # noqa: ANN401 - whatever the parser gave
        """Do what was asked for; faults are told one a line."""
        doing = {"check": self._check, "try": self._try, "import": self._import, "export": self._export}
        try:
            doing[options["what"]](options)
        except (FormError, TariffRefusedError, *FAULTS) as error:
            raise CommandError(str(error)) from error

    def _check(self, options: dict[str, Any]) -> None:
        form = _form(options["file"])
        self.stdout.write(f"{form.name}: {len(form.components)} prices from {form.starts_on}, all in order")

    def _try(self, options: dict[str, Any]) -> None:
        form = _form(options["file"])
        digits = MINOR_DIGITS[Currency(options["currency"])]
        home = parse_home(
            options["home"].read_text(encoding="utf-8"),
            form,
            currency=options["currency"],
            minor_digits=digits,
        )
        bill = rate(home)
        self._lines(bill)
        self.stdout.write(
            f"net {amount(bill.net_minor, home.currency, digits)}, "
            f"tax {amount(bill.tax_minor, home.currency, digits)}, "
            f"total {amount(bill.total_minor, home.currency, digits)}"
        )
        self._settle(form, home, bill)

    def _lines(self, bill: Bill) -> None:
        for line in bill.lines:
            self.stdout.write(f"{terms_of(line).description}: {line.formula}; tax {line.tax_minor}")

    def _settle(self, form: TariffForm, home: Home, bill: Bill) -> None:
        asked = advance(home)
        if form.settlement is Settlement.METERED or not asked.lines:
            return
        settled = settle(
            charged_minor=bill.total_minor,
            paid_minor=asked.total_minor,
            rule=form.settlement,
            surplus=form.surplus,
        )
        parts = {
            "in advance": settled.paid_minor,
            "due": settled.due_minor,
            "to pay": settled.to_pay_minor,
            "back": settled.refund_minor,
            "carried over": settled.carried_minor,
        }
        told = (f"{name} {amount(minor, home.currency, home.minor_digits)}" for name, minor in parts.items())
        self.stdout.write(", ".join(told))

    def _import(self, options: dict[str, Any]) -> None:
        with utility_scope(_utility(options["utility"])):
            version = take_tariff(_form(options["file"]))
            if options["activate"]:
                version = activate_version(version=version)
            self.stdout.write(f"{version} ({version.get_state_display()}), number {version.pk}")

    def _export(self, options: dict[str, Any]) -> None:
        with utility_scope(_utility(options["utility"])):
            rows = TariffVersion.objects.select_related("plan").order_by("-starts_on", "-pk")
            if options["version_id"] is not None:
                rows = rows.filter(pk=options["version_id"])
            version = rows.first()
            if version is None:
                raise CommandError("There is no such version.")
            self.stdout.write(dump(form_of(version)), ending="")


def _form(path: Path) -> TariffForm:
    try:
        form = parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    refuse_senseless(form)
    return form


def _utility(slug: str) -> Utility:
    utility = Utility.objects.filter(slug=slug).first()
    if utility is None:
        raise CommandError(f"There is no utility '{slug}'.")
    return utility
