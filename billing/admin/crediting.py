"""The dialogs in which a clerk credits lines of a bill or cancels it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextareaWidget

from accounts.enums import MINOR_DIGITS, Currency
from billing.admin.read_only import money_text
from billing.models import Invoice
from billing.queries.corrections import bills_in_force, charged_lines


class ReasonForm(BaseDialogForm):
    """Why, as the customer will read it."""

    reason = forms.CharField(
        label=_("reason, as the customer will read it"), max_length=240, widget=UnfoldAdminTextareaWidget
    )


class CreditForm(ReasonForm):
    """How much of each line is taken back, tax included; what is left empty stays."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the library's signature
        """A field for each line of which something is left."""
        super().__init__(*args, **kwargs)
        self.bill: Invoice | None = bills_in_force().filter(pk=self.object_id).first()
        charges = charged_lines([self.bill.pk])[self.bill.pk] if self.bill else []
        self.left = [charge for charge in charges if charge.left_minor]
        for charge in self.left:
            left = money_text(charge.left_minor, self.bill.currency if self.bill else "")
            self.fields[f"line_{charge.line.pk}"] = forms.DecimalField(
                required=False,
                label=gettext("%(line)s, %(left)s left") % {"line": charge.line.description, "left": left},
                widget=UnfoldAdminDecimalFieldWidget,
            )

    def render_before_template(self) -> str:
        """Say what the amounts mean, or that nothing is left."""
        if not self.left:
            return format_html("<p>{}</p>", gettext("Nothing is left of this bill to credit."))
        return format_html(
            "<p>{}</p>", gettext("Amounts include tax. A part keeps the share of tax its line has.")
        )

    def clean(self) -> dict[str, Any]:
        """The parts in minor units, by line, as ``parts``.

        What is wrong stands at a field: the dialog shows no errors of the form as a whole.
        """
        values = super().clean() or self.cleaned_data
        digits = MINOR_DIGITS[Currency(self.bill.currency)] if self.bill else 0
        parts = {}
        for charge in self.left:
            name = f"line_{charge.line.pk}"
            minor = Decimal(values.get(name) or 0).scaleb(digits)
            if minor != int(minor):
                self.add_error(name, gettext("An amount has more decimals than the currency."))
            if minor:
                parts[charge.line.pk] = int(minor)
        if not parts:
            self.add_error(
                f"line_{self.left[0].line.pk}" if self.left else "reason",
                gettext("Say how much of which line is credited."),
            )
        return {**values, "parts": parts}
