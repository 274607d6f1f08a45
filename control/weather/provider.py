"""What a source of weather must answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from control.enums import WeatherSource

Floats = NDArray[np.float64]
# UTC instants, naive as numpy has them, in seconds.
Hours = NDArray[np.datetime64]


class WeatherUnavailableError(RuntimeError):
    """The source did not answer, or answered what makes no sense; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where: two columns of degrees."""

    latitude_deg: Floats
    longitude_deg: Floats


class Provider(Protocol):
    """A source of outdoor temperatures."""

    source: ClassVar[WeatherSource]

    def hourly_c(self, places: Places, hours: Hours) -> Floats:
        """Outdoor temperatures, shape ``(places, hours)``, NaN for an hour the source does not know.

        Raises:
            WeatherUnavailableError: there is no answer to be had.
        """
