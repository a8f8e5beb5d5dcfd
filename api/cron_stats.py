"""One system_stats snapshot a call."""

from lib.web.front import create_app

app = create_app()
