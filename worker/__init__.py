"""Halley's one long-running process: it joins voice channels and plays music."""
