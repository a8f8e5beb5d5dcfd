"""Halley's queue and others on the same Postgres: what a row costs, and how soon it is begun."""
