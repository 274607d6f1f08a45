"""Fixtures every app's tests share. The servers come from `tests.servers`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as laws
from rest_framework.test import APIClient

from accounts.models import Household, User, Utility
from accounts.scope import utility_scope
from tests.factories import a_household, a_resident, a_utility


def pytest_configure() -> None:
    """Hash passwords cheaply, for a real hash takes half a second by design; let tests ask a lot."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A law is not timed: how fast its examples are made says how busy the machine is.
    laws.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    laws.load_profile("untimed")
    settings.RATE_LIMIT_FACTOR = 1_000


@pytest.fixture
def utility(db: None) -> Utility:  # noqa: ARG001 - it is the database
    """A utility; its scope is not entered."""
    return a_utility()


@pytest.fixture
def scoped(utility: Utility) -> Iterator[Utility]:
    """A utility, in scope while the test runs."""
    with utility_scope(utility):
        yield utility


@pytest.fixture
def household(scoped: Utility) -> Household:  # noqa: ARG001 - it is made inside the scope
    """A home in the utility in scope."""
    return a_household()


@pytest.fixture
def resident(household: Household) -> User:
    """The owner of `household`."""
    return a_resident(household=household)


@pytest.fixture
def api() -> APIClient:
    """An API client nobody has signed in with yet; `force_login` a resident to ask as them."""
    return APIClient()
