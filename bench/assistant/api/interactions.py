"""Discord's endpoint, by a function whose models are local ones."""

from bench.assistant.function import create_local_app

app = create_local_app()
