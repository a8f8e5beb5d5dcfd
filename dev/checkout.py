"""Where things lie in one checkout. Whatever a machine makes for itself lies under `.halley/`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Checkout:
    """One copy of the repository, and the folder in which its local stack keeps its things."""

    root: Path
    home: Path

    @classmethod
    def here(cls) -> Checkout:
        """The checkout that this file belongs to."""
        root = Path(__file__).resolve().parent.parent
        return cls(root, root / ".halley")

    @property
    def token(self) -> str:
        """Ten letters that tell this stack from another checkout's, for names in shared places."""
        return hashlib.sha256(bytes(self.home)).hexdigest()[:10]

    @property
    def venv(self) -> Path:
        return self.home / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def node(self) -> Path:
        return self.home / "node"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def debug_log(self) -> Path:
        """Where the functions write everything, whatever the terminal shows."""
        return self.logs / "debug.log"

    @property
    def keys(self) -> Path:
        return self.home / "keys.json"

    @property
    def run_file(self) -> Path:
        return self.home / "run.json"

    @property
    def run_lock(self) -> Path:
        return self.home / "run.lock"

    @property
    def models(self) -> Path:
        return self.root / "models.toml"

    @property
    def migrations(self) -> Path:
        return self.root / "sql" / "migrations"
