"""What a user typed, made into the options of an interaction as Discord sends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dev.simulator import limits
from dev.simulator.commands import NESTING, OptionType
from dev.simulator.errors import JsonObject
from dev.simulator.world import World


class InvalidInputError(ValueError):
    """Discord's own client would not have let the user send this."""


@dataclass(slots=True)
class OptionReader:
    """Reads the values of one command call, gathering the objects they point to.

    `attachments` are those the user uploaded, by id. With `partial` set, as for autocomplete,
    required options may still be missing and values unchecked; `focused` names the option typed in.
    """

    world: World
    attachments: Mapping[str, JsonObject]
    in_guild: bool
    partial: bool = False
    focused: str | None = None
    resolved: dict[str, JsonObject] = field(default_factory=dict)

    def read(
        self, declared: Iterable[JsonObject], values: Mapping[str, object]
    ) -> list[JsonObject]:
        """The options array; a subcommand's values stand as a mapping under its name."""
        by_name = {option["name"]: option for option in declared}
        unknown = [name for name in values if name not in by_name]
        if unknown:
            raise InvalidInputError(f"no such option: {', '.join(unknown)}")
        options: list[JsonObject] = []
        for name, option in by_name.items():
            if name in values:
                options.append(self._one(option, values[name]))
            elif option.get("required") and not self.partial:
                raise InvalidInputError(f"{name} is required")
        nested = any(OptionType(option["type"]) in NESTING for option in by_name.values())
        if nested and len(options) != 1:
            raise InvalidInputError("exactly one subcommand is needed")
        return options

    def _one(self, option: JsonObject, value: object) -> JsonObject:
        kind = OptionType(option["type"])
        name: str = option["name"]
        if kind in NESTING:
            if not isinstance(value, Mapping):
                raise InvalidInputError(f"{name} is a subcommand and takes options")
            return {
                "name": name,
                "type": int(kind),
                "options": self.read(option.get("options", ()), value),
            }
        read: JsonObject = {"name": name, "type": int(kind)}
        if self.focused == name:
            return {**read, "value": str(value), "focused": True}
        return {**read, "value": self._value(kind, option, value)}

    def _value(self, kind: OptionType, option: JsonObject, value: object) -> object:
        name: str = option["name"]
        match kind:
            case OptionType.STRING:
                return _text(option, value)
            case OptionType.INTEGER | OptionType.NUMBER:
                return _number(option, value, kind=kind)
            case OptionType.BOOLEAN:
                if not isinstance(value, bool):
                    raise InvalidInputError(f"{name} must be true or false")
                return value
            case _:
                found = self.resolve(kind, str(value))
                if not found:
                    raise InvalidInputError(f"{name} names nothing here")
                return str(value)

    def resolve(self, kind: OptionType, wanted: str) -> bool:
        """Looks an id up and puts what it names into `resolved`; False when there is nothing."""
        users = kind in (OptionType.USER, OptionType.MENTIONABLE)
        roles = kind in (OptionType.ROLE, OptionType.MENTIONABLE) and self.in_guild
        if users and (user := self.world.user(wanted)):
            self._put("users", wanted, user.as_json())
            if self.in_guild:
                self._put("members", wanted, self.world.member_json(user))
            return True
        if roles and (role := self.world.role(wanted)):
            self._put("roles", wanted, role.as_json())
            return True
        if kind is OptionType.CHANNEL and (channel := self.world.channel(wanted)):
            self._put("channels", wanted, self.world.channel_json(channel, self.world.bot))
            return True
        if kind is OptionType.ATTACHMENT and wanted in self.attachments:
            self._put("attachments", wanted, self.attachments[wanted])
            return True
        return False

    def _put(self, group: str, key: str, found: JsonObject) -> None:
        self.resolved.setdefault(group, {})[key] = found


def _text(option: JsonObject, value: object) -> str:
    name = option["name"]
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} must be text")
    shortest = max(option.get("min_length") or 0, 1 if option.get("required") else 0)
    longest = option.get("max_length") or limits.STRING_OPTION
    if not shortest <= len(value) <= longest:
        raise InvalidInputError(f"{name} must have {shortest} to {longest} characters")
    _check_among_choices(option, value)
    return value


def _number(option: JsonObject, value: object, *, kind: OptionType) -> int | float:
    name = option["name"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInputError(f"{name} must be a number")
    if kind is OptionType.INTEGER and not float(value).is_integer():
        raise InvalidInputError(f"{name} must be a whole number")
    least = option.get("min_value")
    most = option.get("max_value")
    if abs(value) > limits.LARGEST_INTEGER:
        raise InvalidInputError(f"{name} is too large")
    if (least is not None and value < least) or (most is not None and value > most):
        raise InvalidInputError(f"{name} must lie within its bounds")
    _check_among_choices(option, value)
    return int(value) if kind is OptionType.INTEGER else value


def _check_among_choices(option: JsonObject, value: object) -> None:
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        raise InvalidInputError(f"{option['name']} must be one of its choices")
