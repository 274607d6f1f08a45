"""Open-Meteo's forecast service: hourly two-metre temperatures, many places in one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import httpx
import numpy as np

from control.enums import WeatherSource
from control.weather.provider import Floats, Hours, Places, WeatherUnavailableError

SERVICE: Final = "https://api.open-meteo.com/v1/forecast"
TIMEOUT_S: Final = 10.0
# The service takes more; an address of this length passes every proxy.
PLACES_A_REQUEST: Final = 100
# The weather models' grids are no finer.
GRID_DEG: Final = 0.1


@dataclass(frozen=True, slots=True)
class OpenMeteo:
    """The public service, or a compatible one at ``url``."""

    url: str = SERVICE
    timeout_s: float = TIMEOUT_S
    source: ClassVar[WeatherSource] = WeatherSource.OPEN_METEO

    def hourly_c(self, places: Places, hours: Hours) -> Floats:
        """As :class:`Provider`; stations in one cell of the grid are asked for once."""
        grid = np.round(np.stack([places.latitude_deg, places.longitude_deg], axis=1) / GRID_DEG) * GRID_DEG
        cells, cell_of = np.unique(grid, axis=0, return_inverse=True)
        with httpx.Client(timeout=self.timeout_s) as client:
            answers = [
                self._ask(client, cells[start : start + PLACES_A_REQUEST], hours)
                for start in range(0, len(cells), PLACES_A_REQUEST)
            ]
        return np.concatenate(answers)[cell_of.reshape(-1)]

    def _ask(self, client: httpx.Client, cells: Floats, hours: Hours) -> Floats:
        query = {
            "latitude": ",".join(f"{latitude:.1f}" for latitude, _longitude in cells),
            "longitude": ",".join(f"{longitude:.1f}" for _latitude, longitude in cells),
            "hourly": "temperature_2m",
            "timezone": "GMT",
            "start_hour": _minute(hours.min()),
            "end_hour": _minute(hours.max()),
        }
        try:
            answer = client.get(self.url, params=query)
            answer.raise_for_status()
            return _parsed(answer.json(), hours, places=len(cells))
        except httpx.HTTPError as error:
            raise WeatherUnavailableError(f"Open-Meteo did not answer: {error!r}.") from error
        except (KeyError, TypeError, ValueError) as error:
            raise WeatherUnavailableError(f"Open-Meteo answered what makes no sense: {error!r}.") from error


def _parsed(body: Any, hours: Hours, *, places: int) -> Floats:  # noqa: ANN401 - a foreign JSON document
    # One place is answered by an object, several by a list.
    blocks = body if isinstance(body, list) else [body]
    if len(blocks) != places:
        raise ValueError(f"{places} places asked for, {len(blocks)} answered")
    return np.stack([_aligned(block["hourly"], hours) for block in blocks])


def _aligned(hourly: Any, hours: Hours) -> Floats:  # noqa: ANN401 - as above
    """The block's temperatures at ``hours``, NaN where it has none."""
    known = {
        np.datetime64(time, "s"): float(value)
        for time, value in zip(hourly["time"], hourly["temperature_2m"], strict=True)
        if value is not None
    }
    return np.array([known.get(hour, np.nan) for hour in hours.astype("datetime64[s]")])


def _minute(hour: np.datetime64) -> str:
    return str(hour.astype("datetime64[m]"))
