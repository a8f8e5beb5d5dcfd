"""What a page asks Realtime to be told of: an event, a table, and a filter on one column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dev.keys import JsonObject
from dev.realtime_changes import Action, Change

ANY: Final = "*"
_OPERATORS: Final = frozenset(("eq", "neq", "in"))


class SubscriptionError(ValueError):
    """What was asked for cannot be understood."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`column=operator.value`, of the operators eq, neq and in."""

    column: str
    is_wanted: bool
    values: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Filter:
        """Raises SubscriptionError."""
        column, _, condition = text.partition("=")
        operator, _, value = condition.partition(".")
        if not column or operator not in _OPERATORS:
            raise SubscriptionError(f"the local Realtime knows no filter like {text!r}")
        if operator == "in":
            values = frozenset(part.strip() for part in value.strip("()").split(","))
        else:
            values = frozenset((value,))
        return cls(column, operator != "neq", values)

    def passes(self, values: Mapping[str, str]) -> bool:
        """Whether a row does whose columns, as text, are `values`; null is in no filter."""
        value = values.get(self.column)
        return value is not None and (value in self.values) is self.is_wanted


@dataclass(frozen=True, slots=True)
class Subscription:
    """One of the things that a channel is told of; the number is what its page knows it by."""

    number: int
    event: str
    schema: str
    table: str
    filter: Filter | None

    @classmethod
    def of(cls, number: int, asked: JsonObject) -> Subscription:
        """Raises SubscriptionError."""
        event = str(asked.get("event", "")).upper()
        if event not in {ANY, *Action}:
            raise SubscriptionError(f"there is no event {event!r}")
        condition = asked.get("filter")
        return cls(
            number,
            event,
            str(asked.get("schema", "public")),
            str(asked.get("table") or ANY),
            Filter.of(str(condition)) if condition else None,
        )

    def is_about(self, change: Change) -> bool:
        return (
            self.event in {ANY, change.action}
            and self.schema in {ANY, change.table.schema}
            and self.table in {ANY, change.table.name}
            and (self.filter is None or self.filter.passes(change.values))
        )
