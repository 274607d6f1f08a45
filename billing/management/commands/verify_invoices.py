"""`manage.py verify_invoices`: recompute every issued document of a utility from its own proof."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Utility
from accounts.scope import utility_scope
from billing.models import Invoice
from billing.queries.verification import all_proof_faults, broken_links


class Command(BaseCommand):
    """Tells what does not hold, document by document; the exit code says whether all do."""

    help = "Recompute every issued document of a utility from its proof, and follow the chain of digests."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--utility", required=True, help="the utility's slug")

    def handle(self, **options: Any) -> None:  # noqa: ANN401 - whatever the parser gave
        """Verify, telling how far it is."""
        utility = Utility.objects.filter(slug=options["utility"]).first()
        if utility is None:
            raise CommandError(f"There is no utility '{options['utility']}'.")
        with utility_scope(utility):
            seen, wrong = self._verify()
        if wrong:
            raise CommandError(f"{wrong} of {seen} documents do not hold.")
        self.stdout.write(f"{seen} documents recomputed, all hold.")

    def _verify(self) -> tuple[int, int]:
        seen, wrong = 0, set()
        for count, faults in all_proof_faults():
            seen += count
            for invoice_id, sentences in faults.items():
                wrong.add(invoice_id)
                self._tell(invoice_id, " ".join(sentences))
            self.stdout.write(f"{seen} documents")
        for invoice_id, sentence in broken_links().items():
            wrong.add(invoice_id)
            self._tell(invoice_id, sentence)
        return seen, len(wrong)

    def _tell(self, invoice_id: int, what: str) -> None:
        number = Invoice.objects.get(pk=invoice_id).number
        self.stderr.write(f"{number}: {what}")
