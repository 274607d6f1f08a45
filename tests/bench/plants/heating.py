"""Emitters, pipes and the station: one loop, its supply a schedule that the bench overwrites."""

from __future__ import annotations

from typing import Final

from tests.bench.plants.document import Fields, Model, branch, put
from tests.bench.plants.flats import AREA_M2, FLATS, SCHEDULE, Block, name_of

LOOP: Final = "Heating"
WATER_KG_M3: Final = 1000.0


def add_emitter(model: Model, block: Block, flat: int) -> None:
    """The flat's radiators or floor, always at full flow."""
    zone = name_of(flat)
    flow_m3_s = block.nominal_kg_s * block.flow[flat] / WATER_KG_M3
    kind, emitter = (_floor if block.floor_heating else _radiators)(model, block, zone, flow_m3_s)
    put(model, kind, f"{zone} emitter", emitter)
    branch(model, zone, [(kind, f"{zone} emitter", f"{zone} in", f"{zone} out")])
    put(
        model,
        "ZoneHVAC:EquipmentConnections",
        f"{zone} links",
        {
            "zone_name": zone,
            "zone_conditioning_equipment_list_name": f"{zone} list",
            "zone_air_node_name": f"{zone} air node",
        },
    )
    put(
        model,
        "ZoneHVAC:EquipmentList",
        f"{zone} list",
        {
            "load_distribution_scheme": "SequentialLoad",
            "equipment": [
                {
                    "zone_equipment_object_type": kind,
                    "zone_equipment_name": f"{zone} emitter",
                    "zone_equipment_cooling_sequence": 1,
                    "zone_equipment_heating_or_no_load_sequence": 1,
                }
            ],
        },
    )


def _floor(model: Model, _block: Block, zone: str, flow_m3_s: float) -> tuple[str, Fields]:
    kind = "ZoneHVAC:LowTemperatureRadiant:VariableFlow"
    emitter = {
        "design_object": "Floors",
        "availability_schedule_name": "On",
        "zone_name": zone,
        "surface_name_or_radiant_surface_group_name": f"{zone} floor",
        "hydronic_tubing_length": AREA_M2 / 0.2,
        "heating_design_capacity": 20000.0,
        "maximum_hot_water_flow": flow_m3_s,
        "heating_water_inlet_node_name": f"{zone} in",
        "heating_water_outlet_node_name": f"{zone} out",
        "number_of_circuits": "CalculateFromCircuitLength",
        "circuit_length": 100.0,
    }
    put(
        model,
        f"{kind}:Design",
        "Floors",
        {
            "temperature_control_type": "MeanAirTemperature",
            "setpoint_control_type": "HalfFlowPower",
            "heating_control_throttling_range": 0.5,
            "heating_control_temperature_schedule_name": "Warmest",
            "heating_design_capacity_method": "HeatingDesignCapacity",
        },
    )
    return kind, emitter


def _radiators(model: Model, block: Block, zone: str, flow_m3_s: float) -> tuple[str, Fields]:
    kind = "ZoneHVAC:Baseboard:RadiantConvective:Water"
    surfaces = [f"{zone} {part}" for part in ("south", "north", "west", "east", "floor", "ceiling")]
    emitter = {
        "design_object": "Radiators",
        "availability_schedule_name": "On",
        "inlet_node_name": f"{zone} in",
        "outlet_node_name": f"{zone} out",
        "rated_average_water_temperature": 62.5,
        "rated_water_mass_flow_rate": block.nominal_kg_s,
        "heating_design_capacity": block.radiator_w,
        "maximum_water_flow_rate": flow_m3_s,
        "surface_fractions": [
            {"surface_name": surface, "fraction_of_radiant_energy_to_surface": 0.95 / len(surfaces)}
            for surface in surfaces
        ],
    }
    put(
        model,
        f"{kind}:Design",
        "Radiators",
        {
            "heating_design_capacity_method": "HeatingDesignCapacity",
            "fraction_radiant": 0.3,
            "fraction_of_radiant_energy_incident_on_people": 0.05,
        },
    )
    return kind, emitter


def add_loop(model: Model, block: Block) -> None:
    """Pump, station, pipes and the branches of all flats."""
    total_m3_s = block.nominal_kg_s * sum(block.flow) / WATER_KG_M3
    flats = [name_of(flat) for flat in range(FLATS)]
    source = [
        ("Pump:VariableSpeed", "Pump", "Source in", "Pump out"),
        ("DistrictHeating:Water", "Station", "Pump out", "Source out"),
    ]
    branch(model, "Source", source)
    for pipe in ("Flow", "Return"):
        put(
            model,
            "Pipe:Adiabatic",
            pipe,
            {"inlet_node_name": f"{pipe} in", "outlet_node_name": f"{pipe} out"},
        )
        branch(model, pipe, [("Pipe:Adiabatic", pipe, f"{pipe} in", f"{pipe} out")])
    model.update(_equipment(total_m3_s))
    model.update(_operation(flats))


def _equipment(total_m3_s: float) -> Model:
    return {
        "Pump:VariableSpeed": {
            "Pump": {
                "inlet_node_name": "Source in",
                "outlet_node_name": "Pump out",
                "design_maximum_flow_rate": total_m3_s,
                "design_pump_head": 20000.0,
                "design_power_consumption": 40.0,
                "coefficient_2_of_the_part_load_performance_curve": 1.0,
                "pump_control_type": "Intermittent",
            }
        },
        "DistrictHeating:Water": {
            "Station": {
                "hot_water_inlet_node_name": "Pump out",
                "hot_water_outlet_node_name": "Source out",
                "nominal_capacity": 200000.0,
            }
        },
        "PlantLoop": {
            LOOP: {
                "fluid_type": "Water",
                "plant_equipment_operation_scheme_name": "Scheme",
                "loop_temperature_setpoint_node_name": "Source out",
                "maximum_loop_temperature": 95.0,
                "minimum_loop_temperature": 5.0,
                "maximum_loop_flow_rate": total_m3_s,
                "plant_side_inlet_node_name": "Source in",
                "plant_side_outlet_node_name": "Source out",
                "plant_side_branch_list_name": "Source side",
                "demand_side_inlet_node_name": "Flow in",
                "demand_side_outlet_node_name": "Return out",
                "demand_side_branch_list_name": "Flat side",
                "demand_side_connector_list_name": "Ties",
            }
        },
    }


def _operation(flats: list[str]) -> Model:
    return {
        "PlantEquipmentOperationSchemes": {
            "Scheme": {
                "control_scheme_1_object_type": "PlantEquipmentOperation:HeatingLoad",
                "control_scheme_1_name": "Load",
                "control_scheme_1_schedule_name": "On",
            }
        },
        "PlantEquipmentOperation:HeatingLoad": {
            "Load": {
                "load_range_1_lower_limit": 0.0,
                "load_range_1_upper_limit": 1e9,
                "range_1_equipment_list_name": "Stations",
            }
        },
        "PlantEquipmentList": {
            "Stations": {
                "equipment": [{"equipment_object_type": "DistrictHeating:Water", "equipment_name": "Station"}]
            }
        },
        "SetpointManager:Scheduled": {
            "Setpoint": {
                "control_variable": "Temperature",
                "schedule_name": SCHEDULE,
                "setpoint_node_or_nodelist_name": "Source out",
            }
        },
        "BranchList": {
            "Source side": {"branches": [{"branch_name": "Source"}]},
            "Flat side": {"branches": [{"branch_name": name} for name in ("Flow", *flats, "Return")]},
        },
        "ConnectorList": {
            "Ties": {
                "connector_1_object_type": "Connector:Splitter",
                "connector_1_name": "Split",
                "connector_2_object_type": "Connector:Mixer",
                "connector_2_name": "Mix",
            }
        },
        "Connector:Splitter": {
            "Split": {
                "inlet_branch_name": "Flow",
                "branches": [{"outlet_branch_name": name} for name in flats],
            }
        },
        "Connector:Mixer": {
            "Mix": {
                "outlet_branch_name": "Return",
                "branches": [{"inlet_branch_name": name} for name in flats],
            }
        },
    }
