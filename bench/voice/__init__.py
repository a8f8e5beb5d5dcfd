"""The voice worker, measured by what is heard of it."""
