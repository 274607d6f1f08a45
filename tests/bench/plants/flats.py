"""A block of six flats as an EnergyPlus model: three storeys of a west and an east flat, no thermostats.

The supply temperature alone governs the heat: every flat's emitter runs at its full flow, since its zone
asks for more than it ever gets. What differs from flat to flat is where it lies and how much water it gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tests.bench.plants.document import Model, put, vertices

FLATS: Final = 6
WIDTH_M: Final = 10.0
DEPTH_M: Final = 8.0
HEIGHT_M: Final = 2.8
AREA_M2: Final = WIDTH_M * DEPTH_M
SCHEDULE: Final = "Supply"
# What a flat hands out, in W/m2 and by the hour: at night less, in the evening more; 3.8 on the mean.
GAINS_W_M2: Final = 3.8
EVENING: Final = ((7, 0.6), (9, 1.2), (17, 0.8), (23, 1.8), (24, 0.8))


@dataclass(frozen=True, slots=True)
class Block:
    """What distinguishes one block from another; ``flow`` multiplies each flat's water, the lowest first."""

    flow: tuple[float, ...] = (1.0,) * FLATS
    floor_heating: bool = False
    insulation_m: float = 0.05
    brick_m: float = 0.24
    window_w_m2k: float = 2.7
    solar_share: float = 0.6
    south_window_m2: float = 9.0
    air_changes_h: float = 0.5
    # Heat of a flat's radiators at 75/50 degrees, and their nominal flow.
    radiator_w: float = 5600.0
    nominal_kg_s: float = 0.055
    north_deg: float = 0.0


def name_of(flat: int) -> str:
    """The zone's name; flats 0 and 1 are on the ground."""
    return f"Flat{flat}"


def frame(block: Block) -> Model:
    return {
        "Version": {"Version": {"version_identifier": "25.2"}},
        "Building": {
            "Block": {
                "north_axis": block.north_deg,
                "terrain": "City",
                "solar_distribution": "FullExterior",
                "maximum_number_of_warmup_days": 25,
                "minimum_number_of_warmup_days": 6,
            }
        },
        **_period(),
        "GlobalGeometryRules": {
            "Rules": {
                "coordinate_system": "World",
                "starting_vertex_position": "UpperLeftCorner",
                "vertex_entry_direction": "Counterclockwise",
            }
        },
        "Site:GroundTemperature:BuildingSurface": {
            "Ground": {
                f"{month}_ground_temperature": 12.0
                for month in [
                    "january",
                    "february",
                    "march",
                    "april",
                    "may",
                    "june",
                    "july",
                    "august",
                    "september",
                    "october",
                    "november",
                    "december",
                ]
            }
        },
        **_schedules(),
    }


def _period() -> Model:
    return {
        "Timestep": {"Timestep": {"number_of_timesteps_per_hour": 4}},
        "ConvergenceLimits": {"Limits": {"minimum_system_timestep": 15}},
        "SimulationControl": {
            "Control": {
                "do_plant_sizing_calculation": "No",
                "do_system_sizing_calculation": "No",
                "do_zone_sizing_calculation": "No",
                "run_simulation_for_sizing_periods": "No",
                "run_simulation_for_weather_file_run_periods": "Yes",
            }
        },
        "RunPeriod": {
            "Season": {
                "begin_month": 11,
                "begin_day_of_month": 1,
                "begin_year": 2005,
                "end_month": 3,
                "end_day_of_month": 15,
                "end_year": 2006,
                "use_weather_file_daylight_saving_period": "No",
                "use_weather_file_holidays_and_special_days": "No",
            }
        },
    }


def _schedules() -> Model:
    return {
        "ScheduleTypeLimits": {"Any": {}},
        "Schedule:Constant": {
            SCHEDULE: {"schedule_type_limits_name": "Any", "hourly_value": 45.0},
            "On": {"schedule_type_limits_name": "Any", "hourly_value": 1.0},
            "Heats": {"schedule_type_limits_name": "Any", "hourly_value": 1.0},
            # Never reached: the flow stays full.
            "Warmest": {"schedule_type_limits_name": "Any", "hourly_value": 60.0},
        },
        "Schedule:Compact": {
            "Evening": {
                "schedule_type_limits_name": "Any",
                "data": [
                    {"field": field}
                    for field in (
                        "Through: 12/31",
                        "For: AllDays",
                        *(part for hour, share in EVENING for part in (f"Until: {hour}:00", share)),
                    )
                ],
            }
        },
        "ThermostatSetpoint:SingleHeating": {
            "Warmest": {"setpoint_temperature_schedule_name": "Warmest"},
        },
    }


def materials(block: Block) -> Model:
    def solid(thickness: float, conductivity: float, density: float, heat: float) -> dict[str, Any]:
        return {
            "roughness": "MediumRough",
            "thickness": thickness,
            "conductivity": conductivity,
            "density": density,
            "specific_heat": heat,
        }

    slab = {"outside_layer": "Screed", "layer_2": "Sound", "layer_3": "Concrete"}
    model: Model = {
        "Material": {
            "Brick": solid(block.brick_m, 0.81, 1800, 1050),
            "Insulation": solid(block.insulation_m, 0.042, 20, 1380),
            "RoofInsulation": solid(block.insulation_m * 1.6, 0.042, 20, 1380),
            "Plaster": solid(0.02, 0.87, 1700, 1050),
            "Concrete": solid(0.12, 1.74, 2500, 920),
            "Screed": solid(0.05, 0.93, 1800, 1050),
            "Sound": solid(0.02, 0.05, 60, 1200),
        },
        "WindowMaterial:SimpleGlazingSystem": {
            "Glass": {"u_factor": block.window_w_m2k, "solar_heat_gain_coefficient": block.solar_share}
        },
        "Construction": {
            "Wall": {
                "outside_layer": "Plaster",
                "layer_2": "Insulation",
                "layer_3": "Brick",
                "layer_4": "Plaster",
            },
            "Roof": {"outside_layer": "RoofInsulation", "layer_2": "Concrete", "layer_3": "Plaster"},
            "Ground": {"outside_layer": "Insulation", "layer_2": "Concrete", "layer_3": "Screed"},
            "Party": {"outside_layer": "Plaster", "layer_2": "Concrete", "layer_3": "Plaster"},
            # Seen from the flat below and from the one above.
            "Ceiling": slab,
            "Floor": {"outside_layer": "Concrete", "layer_2": "Sound", "layer_3": "Screed"},
            "Window": {"outside_layer": "Glass"},
        },
    }
    if block.floor_heating:
        model["ConstructionProperty:InternalHeatSource"] = {
            f"{kind}Pipes": {
                "construction_name": kind,
                "thermal_source_present_after_layer_number": 2,
                "temperature_calculation_requested_after_layer_number": 2,
                "dimensions_for_the_ctf_calculation": 1,
                "tube_spacing": 0.2,
            }
            for kind in ("Ground", "Floor")
        }
        # The ceiling is the same slab from below, its pipes seen in the reverse order of layers.
        model["ConstructionProperty:InternalHeatSource"]["CeilingPipes"] = {
            "construction_name": "Ceiling",
            "thermal_source_present_after_layer_number": 1,
            "temperature_calculation_requested_after_layer_number": 1,
            "dimensions_for_the_ctf_calculation": 1,
            "tube_spacing": 0.2,
        }
    return model


def add_flat(model: Model, block: Block, flat: int) -> None:
    zone, east, storey = name_of(flat), flat % 2, flat // 2
    x, z = east * WIDTH_M, storey * HEIGHT_M
    put(model, "Zone", zone, {})
    put(
        model,
        "ZoneInfiltration:DesignFlowRate",
        f"{zone} air",
        {
            "zone_or_zonelist_or_space_or_spacelist_name": zone,
            "schedule_name": "On",
            "design_flow_rate_calculation_method": "AirChanges/Hour",
            "air_changes_per_hour": block.air_changes_h,
        },
    )
    put(
        model,
        "OtherEquipment",
        f"{zone} people",
        {
            "zone_or_zonelist_or_space_or_spacelist_name": zone,
            "schedule_name": "Evening",
            "design_level_calculation_method": "Watts/Area",
            "power_per_floor_area": GAINS_W_M2,
            "fraction_radiant": 0.4,
        },
    )
    put(
        model,
        "InternalMass",
        f"{zone} partitions",
        {"construction_name": "Party", "zone_or_zonelist_name": zone, "surface_area": 60.0},
    )
    put(
        model,
        "ZoneControl:Thermostat",
        f"{zone} wish",
        {
            "zone_or_zonelist_name": zone,
            "control_type_schedule_name": "Heats",
            "control_1_object_type": "ThermostatSetpoint:SingleHeating",
            "control_1_name": "Warmest",
        },
    )
    _add_surfaces(model, block, flat, corner=(x, z))


def _add_surfaces(model: Model, block: Block, flat: int, *, corner: tuple[float, float]) -> None:
    zone, east, storey = name_of(flat), flat % 2, flat // 2
    x, z = corner
    right, top = x + WIDTH_M, z + HEIGHT_M
    storeys = FLATS // 2
    outer = {"outside_boundary_condition": "Outdoors"}

    def add(
        part: str, kind: str, construction: str, points: list[tuple[float, float, float]], to: dict[str, str]
    ) -> None:
        exposed = to.get("outside_boundary_condition") == "Outdoors"
        model.setdefault("BuildingSurface:Detailed", {})[f"{zone} {part}"] = {
            "surface_type": kind,
            "construction_name": construction,
            "zone_name": zone,
            "sun_exposure": "SunExposed" if exposed else "NoSun",
            "wind_exposure": "WindExposed" if exposed else "NoWind",
            "vertices": vertices(points),
            **to,
        }

    def next_to(other: int, part: str) -> dict[str, str]:
        return {
            "outside_boundary_condition": "Surface",
            "outside_boundary_condition_object": f"{name_of(other)} {part}",
        }

    south = [(x, 0.0, top), (x, 0.0, z), (right, 0.0, z), (right, 0.0, top)]
    north = [(right, DEPTH_M, top), (right, DEPTH_M, z), (x, DEPTH_M, z), (x, DEPTH_M, top)]
    west = [(x, DEPTH_M, top), (x, DEPTH_M, z), (x, 0.0, z), (x, 0.0, top)]
    east_side = [(right, 0.0, top), (right, 0.0, z), (right, DEPTH_M, z), (right, DEPTH_M, top)]
    add("south", "Wall", "Wall", south, outer)
    add("north", "Wall", "Wall", north, outer)
    party = next_to(flat - 1 if east else flat + 1, "east" if east else "west")
    add("west", "Wall", "Party" if east else "Wall", west, party if east else outer)
    add("east", "Wall", "Wall" if east else "Party", east_side, outer if east else party)
    below = [(x, DEPTH_M, z), (right, DEPTH_M, z), (right, 0.0, z), (x, 0.0, z)]
    above = [(x, 0.0, top), (right, 0.0, top), (right, DEPTH_M, top), (x, DEPTH_M, top)]
    if storey == 0:
        add("floor", "Floor", "Ground", below, {"outside_boundary_condition": "Ground"})
    else:
        add("floor", "Floor", "Floor", below, next_to(flat - 2, "ceiling"))
    if storey == storeys - 1:
        add("ceiling", "Roof", "Roof", above, outer)
    else:
        add("ceiling", "Ceiling", "Ceiling", above, next_to(flat + 2, "floor"))
    _add_window(model, f"{zone} south", block.south_window_m2, corner=(x, z), y=0.0)
    _add_window(model, f"{zone} north", block.south_window_m2 * 0.55, corner=(x, z), y=DEPTH_M)


def _add_window(model: Model, wall: str, area_m2: float, *, corner: tuple[float, float], y: float) -> None:
    x, z = corner[0] + 1.0, corner[1] + 0.8
    height = 1.5
    right, top = x + area_m2 / height, z + height
    points = [(x, y, top), (x, y, z), (right, y, z), (right, y, top)]
    if y > 0:
        points = [(right, y, top), (right, y, z), (x, y, z), (x, y, top)]
    flat_points = {
        f"vertex_{number}_{axis}_coordinate": value
        for number, point in enumerate(points, start=1)
        for axis, value in zip("xyz", point, strict=True)
    }
    model.setdefault("FenestrationSurface:Detailed", {})[f"{wall} window"] = {
        "surface_type": "Window",
        "construction_name": "Window",
        "building_surface_name": wall,
        "number_of_vertices": 4,
        **flat_points,
    }
