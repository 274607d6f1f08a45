import pytest

from accounts.models import Household, Utility
from accounts.scope import NoUtilityInScopeError, utility_scope
from tests.factories import a_household, a_utility

pytestmark = pytest.mark.django_db


def test_a_query_without_a_utility_in_scope_raises() -> None:
    with pytest.raises(NoUtilityInScopeError):
        Household.objects.count()


def test_a_query_sees_the_homes_of_the_utility_in_scope_alone(utility: Utility) -> None:
    with utility_scope(a_utility()):
        a_household()
    with utility_scope(utility):
        ours = a_household()
        assert list(Household.objects.all()) == [ours]
