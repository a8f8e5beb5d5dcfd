"""Work off the queue: answers left over, and what the dashboard inserted."""

from lib.web.front import create_app

app = create_app()
