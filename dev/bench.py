"""`python3 dev bench`: Halley and other bots, measured side by side in one run."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.entrants import titles
from bench.installation import REQUIREMENTS, install
from bench.measuring import QUICK, Effort, measure
from bench.report import as_markdown, as_text, goals, machine, rows, write_between_marks
from dev.checkout import Checkout
from dev.console import Console


def main(arguments: Sequence[str]) -> int:
    """Measure, show the table, and with --markdown keep it. 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python3 dev bench", description=__doc__)
    parser.add_argument(
        "--markdown", action="store_true", help="write the table into docs/performance.md"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a few iterations: shows that all answer, no more"
    )
    options = parser.parse_args(arguments)
    checkout, console = Checkout.here(), Console()
    installation = install(checkout, console=console)
    effort = QUICK if options.quick else Effort()
    with console.step(
        "Measuring", f"{effort.cold_rounds} cold and {effort.warm_rounds} warm rounds"
    ):
        figures = measure(installation, effort)
    table, reached = rows(figures, titles(checkout.root / REQUIREMENTS)), goals(figures)
    console.say()
    console.say(as_text(table, reached))
    if options.markdown:
        today = datetime.now(UTC).date()
        text = as_markdown(table, reached, on=today, where=machine())
        write_between_marks(checkout.root / "docs" / "performance.md", text)
        console.say()
        console.say("docs/performance.md has the table now.")
    return 0
