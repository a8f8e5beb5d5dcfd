"""Halley's local machine: `python3 dev ...`."""
