"""Loads every function and command of a checkout, to see whether they can be; prints the commands,
and what is wrong in models.toml.

`python -m dev.trial ROOT`, in a process of its own: the supervisor keeps the code it began with.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from dev.functions import app_of, function_files
from dev.registration import declared
from dev.vercel_config import PathRules
from lib.chat.catalogue import read_catalogue

LOADED_LATER = ("lib.bootstrap", "lib.web.pages")
"""What the functions load at their first request: there it would be too late to say."""


def main(root: Path) -> None:
    """Write the commands, in the order of their names, and the complaints as JSON.

    Raises what the loading raises.
    """
    PathRules.of(root)
    for file in function_files(root):
        app_of(file)
    for module in LOADED_LATER:
        import_module(module)
    complaints = read_catalogue().complaints  # of this same checkout
    json.dump({"commands": declared(), "complaints": complaints}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
