"""Sun on walls: where it stands, how cloudy it is, what falls on windows of four orientations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np

from control.twin.noise import Floats, keys, uniform

# Azimuth from north, clockwise, in the order of `accounts.enums.Orientation`.
AZIMUTH_DEG: Final = {"north": 0.0, "east": 90.0, "south": 180.0, "west": 270.0}
_DIRECT_NORMAL_W_M2: Final = 950.0
_DIFFUSE_SHARE: Final = 0.12


def height_and_azimuth(at: datetime, *, latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """The sun's height and azimuth in radians at the instant ``at`` (within a degree or two)."""
    utc = at.astimezone(UTC)
    day = utc.timetuple().tm_yday
    hour = utc.hour + utc.minute / 60 + utc.second / 3600
    declination = np.radians(23.44) * np.sin(2 * np.pi * (284 + day) / 365)
    hour_angle = np.radians(15 * (hour - 12) + longitude_deg)
    latitude = np.radians(latitude_deg)
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(
        hour_angle
    )
    east = -np.cos(declination) * np.sin(hour_angle)
    north = np.cos(latitude) * np.sin(declination) - np.sin(latitude) * np.cos(declination) * np.cos(
        hour_angle
    )
    return float(np.arcsin(np.clip(sine, -1, 1))), float(np.arctan2(east, north) % (2 * np.pi))


def clearness(at: datetime, *, seed: int) -> float:
    """How much of the direct sun gets through, 0 to 1: changes over a day or two, the same for one seed."""
    day, part = divmod(at.timestamp() / 86_400, 1.0)
    today, tomorrow = uniform(keys([int(day), int(day) + 1]), seed, 77)
    return float(today + (tomorrow - today) * part)


def on_walls_w_m2(at: datetime, *, latitude_deg: float, longitude_deg: float, clear: float) -> Floats:
    """Sun on upright glass looking north, east, south and west, in W/m²; zero at night."""
    height, azimuth = height_and_azimuth(at, latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    if height <= 0:
        return np.zeros(len(AZIMUTH_DEG))
    direct = _DIRECT_NORMAL_W_M2 * np.exp(-0.15 / np.sin(height)) * clear
    facing = np.cos(azimuth - np.radians(list(AZIMUTH_DEG.values()))) * np.cos(height)
    diffuse = _DIFFUSE_SHARE * _DIRECT_NORMAL_W_M2 * np.sin(height)
    return np.asarray(direct * np.maximum(facing, 0.0) + diffuse)
