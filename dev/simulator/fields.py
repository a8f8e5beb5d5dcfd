"""Checks of single fields, each noting what Discord would say about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dev.simulator.errors import FormErrors, JsonObject, Path


def check_text(
    value: object, *, form: FormErrors, path: Path, minimum: int = 0, maximum: int
) -> str | None:
    """The value if it is a string of `minimum` to `maximum` code points, else None and a note."""
    if value is None and minimum:
        form.required(path)
        return None
    if not isinstance(value, str):
        form.add(path, code="STRING_TYPE_CONVERT", message="Could not interpret as string.")
        return None
    if minimum <= len(value) <= maximum:
        return value
    if minimum:
        form.add(
            path,
            code="BASE_TYPE_BAD_LENGTH",
            message=f"Must be between {minimum} and {maximum} in length.",
        )
    else:
        form.add(
            path,
            code="BASE_TYPE_MAX_LENGTH",
            message=f"Must be {maximum} or fewer in length.",
        )
    return None


def check_objects(
    value: object, *, form: FormErrors, path: Path, minimum: int = 0, maximum: int
) -> list[JsonObject]:
    """The objects of a list of `minimum` to `maximum` of them; an empty list when it is wrong."""
    if value is None and not minimum:
        return []
    if value is None:
        form.required(path)
        return []
    if not isinstance(value, list):
        form.add(path, code="LIST_TYPE_CONVERT", message="Only iterables may be used in a ListType")
        return []
    if not minimum <= len(value) <= maximum:
        form.add(
            path,
            code="BASE_TYPE_BAD_LENGTH",
            message=f"Must be between {minimum} and {maximum} in length.",
        )
        return []
    objects: list[JsonObject] = []
    for index, item in enumerate(value):
        if isinstance(item, dict):
            objects.append(item)
        else:
            form.add(
                (*path, index),
                code="MODEL_TYPE_CONVERT",
                message="Only dictionaries may be used in a ModelType",
            )
    return objects


def check_choice(value: object, *, form: FormErrors, path: Path, among: Sequence[Any]) -> bool:
    """Whether the value is one of `among`; booleans never count as numbers."""
    if not isinstance(value, bool) and value in among:
        return True
    if value is None:
        form.required(path)
    else:
        form.add(
            path,
            code="BASE_TYPE_CHOICES",
            message=f"Value must be one of {{{', '.join(str(choice) for choice in among)}}}.",
        )
    return False


def check_integer(
    value: object, *, form: FormErrors, path: Path, minimum: int, maximum: int
) -> int | None:
    """The value if it is an integer within the bounds, else None and a note."""
    if isinstance(value, bool) or not isinstance(value, int):
        form.add(path, code="NUMBER_TYPE_COERCE", message=f'Value "{value}" is not int.')
        return None
    if not minimum <= value <= maximum:
        form.add(
            path,
            code="NUMBER_TYPE_MAX" if value > maximum else "NUMBER_TYPE_MIN",
            message=f"int value should be between {minimum} and {maximum}.",
        )
        return None
    return value
