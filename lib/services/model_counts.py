"""The counts of tokens that providers tell."""

from __future__ import annotations

from dataclasses import astuple
from typing import Final

from lib.ports import Usage

LARGEST_COUNT: Final = 2**31 - 1
"""What an integer column of the database holds."""


def within_bounds(usage: Usage) -> Usage:
    """`usage` with every count between nothing and the largest that can be kept. What goes beyond
    is a server's mistake, and must not keep the rest of the answer from being noted.
    """
    return Usage(*(min(max(0, count), LARGEST_COUNT) for count in astuple(usage)))
