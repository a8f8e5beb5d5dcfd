"""Discord's endpoint: every slash command arrives here."""

from lib.web.front import create_app

app = create_app()
