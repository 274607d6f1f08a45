"""The epJSON document in the making."""

from __future__ import annotations

from typing import Any

Point = tuple[float, float, float]
Fields = dict[str, Any]
Model = dict[str, dict[str, Fields]]


def put(model: Model, kind: str, name: str, fields: Fields) -> None:
    model.setdefault(kind, {})[name] = fields


def branch(model: Model, name: str, components: list[tuple[str, str, str, str]]) -> None:
    keys = (
        "component_object_type",
        "component_name",
        "component_inlet_node_name",
        "component_outlet_node_name",
    )
    put(model, "Branch", name, {"components": [dict(zip(keys, one, strict=True)) for one in components]})


def vertices(points: list[tuple[float, float, float]]) -> list[dict[str, float]]:
    return [
        {f"vertex_{axis}_coordinate": value for axis, value in zip("xyz", point, strict=True)}
        for point in points
    ]
