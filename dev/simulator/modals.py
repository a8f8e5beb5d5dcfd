"""A modal's components filled with what the user typed, in the shape of a modal submission."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from dev.simulator import limits
from dev.simulator.components import ComponentType, number_components
from dev.simulator.errors import JsonObject
from dev.simulator.options import InvalidInputError


def fill_modal(components: list[JsonObject], values: Mapping[str, object]) -> list[JsonObject]:
    """The components of the submission. Raises InvalidInputError where the form would not close."""
    numbered = deepcopy(components)
    number_components(numbered)
    return [_filled(component, values) for component in numbered]


def _filled(component: JsonObject, values: Mapping[str, object]) -> JsonObject:
    filled: JsonObject = {"type": component["type"], "id": component["id"]}
    match component["type"]:
        case ComponentType.LABEL:
            filled["component"] = _filled(component["component"], values)
        case ComponentType.ACTION_ROW:
            filled["components"] = [_filled(child, values) for child in component["components"]]
        case ComponentType.TEXT_INPUT:
            filled["custom_id"] = component["custom_id"]
            filled["value"] = _typed(component, values)
        case ComponentType.TEXT_DISPLAY:
            pass
        case _:
            filled["custom_id"] = component["custom_id"]
            filled["values"] = _selected(component, values)
    return filled


def _typed(component: JsonObject, values: Mapping[str, object]) -> str:
    name = component["custom_id"]
    text = values.get(name, component.get("value") or "")
    if not isinstance(text, str):
        raise InvalidInputError(f"{name} must be text")
    shortest = component.get("min_length") or 0
    longest = component.get("max_length") or limits.TEXT_INPUT
    if not text and not component.get("required", True):
        return text
    if not max(shortest, 1) <= len(text) <= longest:
        raise InvalidInputError(f"{name} must have {max(shortest, 1)} to {longest} characters")
    return text


def _selected(component: JsonObject, values: Mapping[str, object]) -> list[str]:
    name = component["custom_id"]
    chosen = values.get(name, [])
    if not isinstance(chosen, list):
        raise InvalidInputError(f"{name} must be a list of values")
    if component.get("required", True) and not chosen:
        raise InvalidInputError(f"{name} needs a choice")
    return [str(value) for value in chosen]
