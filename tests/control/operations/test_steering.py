"""Taking stations under control."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.enums import Emitter
from control.enums import Mode
from control.models import SubstationControl
from control.operations.stations import set_mode, steer_substation
from tests.factories import a_substation

pytestmark = pytest.mark.usefixtures("scoped")


def test_a_new_station_only_watches_with_a_curve_for_its_emitters() -> None:
    radiators = steer_substation(substation=a_substation())
    floors = steer_substation(substation=a_substation(emitter=Emitter.FLOOR))

    assert (radiators.mode, radiators.design_supply_c, radiators.max_supply_c) == (Mode.SHADOW, 60, 75)
    assert (floors.mode, floors.design_supply_c, floors.max_supply_c) == (Mode.SHADOW, 40, 45)


def test_figures_overrule_the_defaults() -> None:
    control = steer_substation(substation=a_substation(), mode=Mode.ACTIVE, design_supply_c=55.0)

    assert (control.mode, control.design_supply_c) == (Mode.ACTIVE, 55)


def test_a_station_is_steered_once() -> None:
    substation = a_substation()
    steer_substation(substation=substation)

    with pytest.raises(ValidationError):
        steer_substation(substation=substation)

    assert SubstationControl.objects.count() == 1


def test_figures_that_make_no_curve_are_refused() -> None:
    with pytest.raises(ValidationError):
        steer_substation(substation=a_substation(), design_supply_c=15.0)

    assert not SubstationControl.objects.exists()


def test_a_mode_is_changed_and_nothing_else() -> None:
    control = steer_substation(substation=a_substation(), design_supply_c=55.0)

    assert set_mode(controls=[control], mode=Mode.HOLD) == 1
    assert set_mode(controls=[control], mode=Mode.HOLD) == 0

    control.refresh_from_db()
    assert (control.mode, control.design_supply_c) == (Mode.HOLD, 55)
