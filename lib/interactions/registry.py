"""Commands by name: a folder of modules, each loaded when its command is first used.

Loading one module instead of all keeps a cold function within Discord's three seconds however
many commands there are.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module

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
        try:
            command = self._load(module)
        except ModuleNotFoundError as error:
            if error.name != f"{self._package}.{module}":
                raise  # the file is there, and what is missing is something that it imports
            return None
        return command if command.name.en == name else None

    def all(self) -> Sequence[Command]:
        """Every command, sorted by name."""
        package = import_module(self._package)
        # Not by pkgutil, which takes longer to import than a command.
        files = (file for folder in package.__path__ for file in os.listdir(folder))  # noqa: PTH208
        modules = {file[:-3] for file in files if file.endswith(".py") and not file.startswith("_")}
        commands = [self._load(module) for module in modules]
        return sorted(commands, key=lambda command: command.name.en)

    def _load(self, module: str) -> Command:
        command = import_module(f"{self._package}.{module}").command
        if not isinstance(command, Command):
            raise TypeError(f"{self._package}.{module} has no `command`")
        self._loaded[command.name.en] = command
        return command
