"""Discord's REST API as far as one answer needs it, with a gate: edits wait until it opens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.vercel.timeline import Timeline

EDIT_ARRIVED = "edit arrived"
EDIT_LET_GO = "edit let go"


class GatedDiscord:
    """Notes each edit in the timeline when it arrives, and when it is let go."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.url = ""
        self.contents: list[str] = []
        self._open = threading.Event()

    def open(self) -> None:
        """Let every edit through from now on."""
        self._open.set()

    def edit(self, body: bytes) -> None:
        """One edit of the original response."""
        self.contents.append(json.loads(body)["content"])
        self.timeline.note(EDIT_ARRIVED)
        self._open.wait()
        self.timeline.note(EDIT_LET_GO)


@contextmanager
def gated_discord(timeline: Timeline) -> Iterator[GatedDiscord]:
    """A closed gate on a free port of 127.0.0.1; open at the latest when the block ends."""
    discord = GatedDiscord(timeline)

    class Handler(BaseHTTPRequestHandler):
        def do_PATCH(self) -> None:
            discord.edit(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "12")
            self.end_headers()
            self.wfile.write(b'{"id": "42"}')

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    discord.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield discord
    finally:
        discord.open()
        server.shutdown()
        thread.join()
        server.server_close()
