"""Halley's own code: see docs/architecture.md for the rooms and which way imports run."""
