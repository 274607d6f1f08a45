"""Tariffs taken from a file and given as one: the same draft a clerk would have typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Final

from django.db import transaction

from accounts.enums import CustomerClass
from accounts.period import Period, end_of
from billing.form_reader import FormError
from billing.models import HeatingSeason, TariffPlan, TariffVersion
from billing.operations.sense import fault_in, fault_in_terms
from billing.operations.tariffs import (
    NewComponent,
    draft_version,
    enter_season,
    found_plan,
)
from billing.queries.tariffs import tariff_of
from billing.tariff_form import TariffForm
from billing.terms import Settlement, Surplus

_FIELDS: Final = [field.name for field in fields(NewComponent) if field.name != "tax_category"]


def refuse_senseless(form: TariffForm) -> None:
    """Raise where the database, or the sense of a whole tariff, would refuse it.

    Raises:
        FormError: with a sentence for every fault.
    """
    faults = []
    if form.customer_class not in CustomerClass.values:
        faults.append(f"class: {form.customer_class!r} is none of {', '.join(CustomerClass.values)}.")
    for n, component in enumerate(form.components, start=1):
        if fault := fault_in_terms(component):
            faults.append(f"components[{n}] ({component.name}): {fault}")
    try:
        if not faults and (fault := fault_in(form.tariff)):
            faults.append(f"The tariff {fault}.")
    except ArithmeticError as error:
        faults.append(f"An index formula cannot be computed: {error}")
    if faults:
        raise FormError(faults)


@transaction.atomic
def take_tariff(form: TariffForm) -> TariffVersion:
    """The draft of the utility in scope that the file describes, in its class's plan, founded where missing.

    Seasons that are not entered yet are.

    Raises:
        FormError: the tariff makes no sense, or a season overlaps another one.
    """
    refuse_senseless(form)
    _enter(form.seasons)
    plan = TariffPlan.objects.filter(customer_class=form.customer_class).first()
    if plan is None:
        plan = found_plan(name=form.name, customer_class=CustomerClass(form.customer_class))
    version = draft_version(
        plan=plan,
        starts_on=form.starts_on,
        components=_new_components(form),
        text=form.text,
        payment_days=form.payment_days,
        rounding=form.rounding,
        settlement=form.settlement,
        surplus=form.surplus,
    )
    if form.ends_on is not None:
        version.ends_on = form.ends_on
        version.save(update_fields=["ends_on"])
    return version


def form_of(version: TariffVersion) -> TariffForm:
    """A version as its file, with the seasons that meet it."""
    tariff = tariff_of(version)
    seasons = (season.period for season in HeatingSeason.objects.order_by("starts_on"))
    return TariffForm(
        name=version.plan.name,
        customer_class=version.plan.customer_class,
        starts_on=version.starts_on,
        ends_on=version.ends_on,
        text=version.text,
        payment_days=version.payment_days,
        rounding=tariff.rounding,
        settlement=Settlement(version.settlement),
        surplus=Surplus(version.surplus),
        components=tariff.components,
        seasons=tuple(season for season in seasons if season.overlaps(tariff.valid)),
    )


def _new_components(form: TariffForm) -> list[NewComponent]:
    return [
        NewComponent(**{name: getattr(component, name) for name in _FIELDS}) for component in form.components
    ]


def _enter(seasons: Sequence[Period[date]]) -> None:
    entered = [season.period for season in HeatingSeason.objects.all()]
    for season in seasons:
        if season in entered:
            continue
        if any(season.overlaps(other) for other in entered):
            raise FormError([f"seasons: {season.start} to {season.end} meets days of another season."])
        enter_season(starts_on=season.start, ends_on=end_of(season))
