"""The words of letters about money."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.enums import LetterKind

TEXTS: Final = {
    LetterKind.FIRST: (
        gettext_lazy("Bill %(number)s: a friendly reminder"),
        gettext_lazy("%(amount)s was due on %(due_on)s. Perhaps it slipped your mind."),
    ),
    LetterKind.SECOND: (
        gettext_lazy("Bill %(number)s: second reminder"),
        gettext_lazy(
            "%(amount)s is still open since %(due_on)s. "
            "Where your tariff has a late fee, it stands on your next bill."
        ),
    ),
    LetterKind.FINAL: (
        gettext_lazy("Bill %(number)s: last reminder"),
        gettext_lazy(
            "%(amount)s is still open since %(due_on)s. "
            "Please pay within seven days, or agree on instalments with us."
        ),
    ),
    LetterKind.PLAN: (
        gettext_lazy("Bill %(number)s: your instalments"),
        gettext_lazy(
            "You pay %(amount)s in instalments. While they come in time, nothing else is asked of you."
        ),
    ),
    LetterKind.AUTOPAY: (
        gettext_lazy("Bill %(number)s: your card was not charged"),
        gettext_lazy("Your bank turned down the payment of %(amount)s. Please pay another way."),
    ),
    LetterKind.BROKEN: (
        gettext_lazy("Bill %(number)s: an instalment did not come"),
        gettext_lazy("The instalments agreed have ended, and all that is still open is due now."),
    ),
}


def text_of(
    kind: LetterKind, *, number: str, amount: str, due_on: date | None, reference: str, seller: str
) -> tuple[str, str]:
    """Subject and body in the language that is active."""
    subject, body = TEXTS[kind]
    facts = {"number": number, "amount": amount, "due_on": date_format(due_on) if due_on else ""}
    pay = _("You can pay on your page, or by bank transfer with the reference %(reference)s.")
    parts = [str(body) % facts, pay % {"reference": reference}, seller]
    return str(subject) % facts, "\n\n".join(parts)
