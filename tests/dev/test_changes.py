"""Which changes of a checkout are noticed, as one change for whatever steps an editor takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dev.changes import Changed, Part, part_of, watched
from dev.checkout import Checkout


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("lib/commands/ask.py", Part.CODE),
        ("api/interactions.py", Part.CODE),
        ("vercel.json", Part.CODE),
        ("models.toml", Part.CODE),
        ("public/index.html", Part.PUBLIC),
        ("requirements.txt", Part.PACKAGES),
        ("worker/player.py", Part.WORKER),
        ("worker/requirements.txt", Part.WORKER_PACKAGES),
        ("worker/constraints.txt", Part.WORKER_PACKAGES),
        (".env", Part.SETTINGS),
        ("sql/migrations/0001_tables.sql", Part.MIGRATIONS),
        ("dev/up.py", Part.TOOLS),
        ("sql/schedules.sql", None),
        ("README.md", None),
        ("tests/lib/x.py", None),
        ("library.py", None),
    ],
)
def test_each_file_belongs_to_a_part_or_to_none(file: str, part: Part | None) -> None:
    assert part_of(file) is part


@pytest.mark.parametrize(
    ("file", "is_reached"),
    [
        ("worker/player.py", True),
        ("worker/requirements.txt", True),
        ("lib/music/cards.py", True),
        ("lib/settings.py", True),
        (".env", True),
        ("lib/commands/ping.py", False),
        ("lib/web/front.py", False),
        ("api/interactions.py", False),
        ("models.toml", False),
    ],
)
def test_the_music_goes_on_where_a_change_is_none_of_the_workers(
    file: str, *, is_reached: bool
) -> None:
    assert Changed((file, "public/index.html")).reaches_worker is is_reached


def test_many_files_are_named_by_the_first_few() -> None:
    assert str(Changed(("lib/a.py", "lib/b.py"))) == "lib/a.py, lib/b.py"
    assert str(Changed(tuple(f"lib/{name}.py" for name in "abcde"))) == (
        "lib/a.py, lib/b.py, lib/c.py and 2 more"
    )


def test_what_editors_and_python_leave_behind_is_no_change(checkout: Checkout) -> None:
    for name in ("lib/commands", "api", "dev", "sql/migrations", "public", ".halley/logs"):
        (checkout.root / name).mkdir(parents=True)
    code = checkout.root / "lib" / "commands" / "ask.py"

    def write(file: Path) -> None:
        file.parent.mkdir(exist_ok=True)
        file.write_text("x")

    async def scenario() -> list[Changed]:
        async with watched(checkout) as found:
            heard: list[Changed] = []
            # Watching begins in a thread, so the first change is made until it is heard.
            while found.empty():
                write(checkout.root / "vercel.json")
                await asyncio.sleep(0.05)
            write(checkout.root / "README.md")
            write(checkout.root / ".halley" / "logs" / "debug.log")
            write(code.parent / "__pycache__" / "ask.cpython-312.pyc")
            write(code.with_name(".ask.py.swp"))
            draft = code.with_name("4913")
            write(draft)
            draft.replace(code)
            while not heard or "lib/commands/ask.py" not in heard[-1].files:
                heard.append(await found.get())
            return heard

    heard = {file for changed in asyncio.run(scenario()) for file in changed.files}
    assert heard == {"vercel.json", "lib/commands/ask.py"}
