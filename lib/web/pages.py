"""The Flask application: everything that is not Discord's signed POST."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from lib.bootstrap import Assembly
from lib.settings import Settings
from lib.web.config import create_config
from lib.web.cron import create_cron
from lib.web.health import create_health
from lib.web.metrics import create_metrics
from lib.web.welcome import create_welcome


def create_pages(settings: Settings, assembly: Callable[[], Assembly]) -> Flask:
    """The app. `assembly` gives the services, made when a view first asks for them."""
    app = Flask("halley", static_folder=None)
    app.url_map.strict_slashes = False  # some monitors put one at the end of every address
    app.register_blueprint(create_welcome(settings))
    app.register_blueprint(create_config(settings))
    app.register_blueprint(create_cron(settings, assembly))
    app.register_blueprint(create_health(settings, assembly))
    app.register_blueprint(create_metrics(settings, assembly))
    return app
