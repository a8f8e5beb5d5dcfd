"""The simulator as one web application: the page at /, Discord's API under /api/v10."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from dev.simulator.api_edge import edge
from dev.simulator.config import SimulatorConfig
from dev.simulator.deliveries import Deliveries
from dev.simulator.playground import PlaygroundRoutes
from dev.simulator.rest import RestRoutes
from dev.simulator.simulator import Simulator

PAGE: Final = Path(__file__).parent.parent / "playground"
LARGEST_BODY: Final = 64 * 1024 * 1024
SIMULATOR: Final = web.AppKey("simulator", Simulator)
DELIVERIES: Final = web.AppKey("deliveries", Deliveries)
PAGE_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(config: SimulatorConfig) -> web.Application:
    """The whole simulator: page, its routes, and the REST API."""
    return create_app_for(Simulator(config))


def create_app_for(simulator: Simulator) -> web.Application:
    """The web application over a simulator made elsewhere."""
    deliveries = Deliveries(simulator)
    app = web.Application(
        middlewares=[_own_page_only(simulator.config.allowed_hosts), _learn_address(simulator)],
        client_max_size=LARGEST_BODY,
    )
    app[SIMULATOR] = simulator
    app[DELIVERIES] = deliveries
    PlaygroundRoutes(simulator, deliveries).add_to(app)
    api = web.Application(middlewares=[edge(simulator)], client_max_size=LARGEST_BODY)
    RestRoutes(simulator).add_to(api)
    app.add_subapp("/api/v10", api)
    app.router.add_get("/", _index)
    app.router.add_static("/", PAGE)
    app.on_response_prepare.append(_add_page_headers)
    app.on_shutdown.append(_closer(deliveries))
    return app


def _closer(deliveries: Deliveries) -> Callable[[web.Application], Awaitable[None]]:
    async def close(_: web.Application) -> None:
        await deliveries.close()

    return close


async def _index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")


async def _add_page_headers(request: web.Request, response: web.StreamResponse) -> None:
    if not request.path.startswith("/api/"):
        for name, value in PAGE_HEADERS.items():
            response.headers.setdefault(name, value)


def _learn_address(simulator: Simulator) -> Middleware:
    """Notes by which address the simulator is reached, for the links to its files."""

    @web.middleware
    async def learn(request: web.Request, handler: Handler) -> web.StreamResponse:
        simulator.public_url = simulator.public_url or str(request.url.origin())
        return await handler(request)

    return learn


def _own_page_only(allowed_hosts: frozenset[str]) -> Middleware:
    """Refuses what a foreign site sends through the user's browser.

    The name the page was opened by must be a known one (against DNS rebinding), and a request
    with an Origin must come from the page itself.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.url.host not in allowed_hosts:
            raise web.HTTPMisdirectedRequest
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"{request.url.scheme}://{request.host}":
            raise web.HTTPForbidden
        return await handler(request)

    return guard
