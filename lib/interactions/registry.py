"""Commands by name: a folder of modules, each loaded when its command is first used.

Loading one module instead of all keeps a cold function within Discord's three seconds however
many commands there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from lib.interactions.command import Command


class CommandRegistry:
    """The commands of one package: every public module in it has a `command`."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._loaded: dict[str, Command] = {}

    def find(self, name: str) -> Command | None:
        """The command `name`, or None if there is no such file."""
        command = self._loaded.get(name)
        if command is not None:
            return command
        module = name.lower().replace(" ", "_").replace("-", "_")
        if not (module.isascii() and module.isidentifier()) or module.startswith("_"):
            return None
        if find_spec(f"{self._package}.{module}") is None:
            return None
        command = self._load(module)
        return command if command.name.en == name else None

    def all(self) -> Sequence[Command]:
        """Every command, sorted by name."""
        package = import_module(self._package)
        modules = (entry.name for entry in iter_modules(package.__path__))
        commands = [self._load(module) for module in modules if not module.startswith("_")]
        return sorted(commands, key=lambda command: command.name.en)

    def _load(self, module: str) -> Command:
        command = import_module(f"{self._package}.{module}").command
        if not isinstance(command, Command):
            raise TypeError(f"{self._package}.{module} has no `command`")
        self._loaded[command.name.en] = command
        return command
