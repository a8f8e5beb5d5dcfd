"""Halley's queue by direct SQL, one row at a claim."""

from __future__ import annotations

from bench.queues.contender import Address, Connection, Queue
from bench.queues.halley import HalleyQueue


def enter(_address: Address, connection: Connection) -> Queue:
    return HalleyQueue(connection, at_once=1)
