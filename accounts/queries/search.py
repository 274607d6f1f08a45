"""Homes by what a caller says: a name, an address, a number."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Building, Contract, Household, Membership, NoticeSettings

# Keys of homes, one column: surfaces join those of several apps into one statement.
HomeKeys = QuerySet[Any, Any]


def homes_said(word: str) -> list[HomeKeys]:
    """The keys of homes that ``word`` is a part of: flat, address, customer, resident; former ones too."""
    places = Building.objects.filter(Q(name__icontains=word) | Q(address__icontains=word))
    phones = NoticeSettings.objects.filter(phone__contains=word).values("user")
    people = Q(user__name__icontains=word) | Q(user__email__icontains=word)
    people |= Q(user__phone__contains=word) | Q(user__in=phones)
    return [
        Household.objects.filter(customer_number__icontains=word).values_list("pk"),
        Household.objects.filter(label__icontains=word).values_list("pk"),
        Household.objects.filter(building__in=places).values_list("pk"),
        Contract.objects.filter(customer_name__icontains=word).values_list("household"),
        Membership.objects.filter(people).values_list("household"),
    ]
