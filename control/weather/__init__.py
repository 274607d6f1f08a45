"""Outdoor temperatures to come: one protocol, an online service and an offline climate."""

from control.weather.climate import ClimateModel
from control.weather.open_meteo import OpenMeteo
from control.weather.provider import Hours, Places, Provider, WeatherUnavailableError

__all__ = ["ClimateModel", "Hours", "OpenMeteo", "Places", "Provider", "WeatherUnavailableError"]
