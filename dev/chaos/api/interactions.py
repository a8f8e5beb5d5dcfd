"""Discord's endpoint, by a function that dies on the way."""

from dev.chaos.deaths import create_doomed_app

app = create_doomed_app()
