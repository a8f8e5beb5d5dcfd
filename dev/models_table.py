"""How the models look: a table that fits a terminal, or plain whole lines in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TextIO

from rich.console import Console as Terminal
from rich.table import Column, Table
from rich.text import Text

from lib.ports import MediaKind, ModelCard, Price

WIDEST = 100_000  # of what is not a terminal: nothing is cut there
LEGEND = "tokens: window / longest answer; $: for a million tokens in / out, today"
_MILLION = 1_000_000
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """An entry as it is shown; `price` is today's, None if nobody knows it. `has_unusable_key`:
    its variable is set, but to nothing that could be a key.
    """

    card: ModelCard
    has_key: bool
    is_default: bool
    price: Price | None
    has_unusable_key: bool = False


def show_models(models: Sequence[ListedModel], stream: TextIO, *, width: int | None = None) -> None:
    """A line for each model, and one that explains the figures.

    `width` is the terminal's, if not given.
    """
    is_terminal = stream.isatty() or width is not None
    terminal = Terminal(
        file=stream, width=width if is_terminal else WIDEST, highlight=False,
        no_color=None if is_terminal else True, legacy_windows=False,
    )  # fmt: skip
    table = Table(
        Column("model", overflow="fold"),
        Column("provider", no_wrap=True),
        Column("key", no_wrap=True),
        Column("tokens", no_wrap=True, justify="right"),
        Column("reads", no_wrap=True),
        Column("$", no_wrap=True, justify="right"),
        box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold",
    )  # fmt: skip
    for model in models:
        table.add_row(
            Text(model.card.name, style="bold" if model.is_default else ""),
            model.card.provider.value,
            _key(model),
            f"{_tokens(model.card.context_tokens)} / {_tokens(model.card.output_tokens)}",
            " ".join(kind.value for kind in MediaKind if kind in model.card.reads) or "text",
            _price(model.price),
        )
    with terminal.capture() as captured:
        terminal.print(table)
        terminal.print(Text(LEGEND, style="dim"))
    stream.writelines(line.rstrip() + "\n" for line in captured.get().splitlines())


def _key(model: ListedModel) -> Text:
    if model.card.key is None:
        return Text("none", style="dim")
    if model.has_unusable_key:
        return Text("unusable", style="red")
    return Text("set", style="green") if model.has_key else Text("not set", style="yellow")


def _tokens(count: int) -> str:
    """A count as one says it, never more than it is: 8k, 131k, 1M, 1.5M."""
    if count < _MILLION:
        return f"{count // 1000}k"
    return f"{count // (_MILLION // 10) / 10:g}M"


def _price(price: Price | None) -> Text:
    if price is None:
        return Text("unknown", style="dim")
    return Text(f"{_dollars(price.input)} / {_dollars(price.output)}")


def _dollars(amount: Decimal) -> str:
    """With cents, and with more places only where they say something: 0.30, 2.50, 0.075."""
    whole = amount.normalize()
    return f"{whole:f}" if whole != whole.quantize(_CENT) else f"{whole:.2f}"
