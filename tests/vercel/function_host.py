"""A function in a process of its own, under a runtime that speaks Vercel's protocol.

The runtime tells over a Unix socket when it serves, what it logs, and when an invocation ends:
JSON messages, each ended by a zero byte. The requests go to it over HTTP, numbered.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dev.checkout import Checkout
from tests.payloads import PUBLIC_KEY, InteractionBuilder, signed
from tests.vercel.timeline import PATIENCE_SECONDS, Timeline

FUNCTION = "api/interactions.py"
PATH = "/api/interactions"
SERVING = "server-started"


def end_of(request_id: int) -> str:
    """The event of an invocation's end."""
    return f"end {request_id}"


@dataclass(frozen=True, slots=True)
class Reply:
    """A response whose whole body has arrived."""

    status: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the test expects
        return json.loads(self.body)


class FunctionHost:
    """Sends requests to the running function; what the runtime tells goes into the timeline."""

    def __init__(self, timeline: Timeline, errors: Path) -> None:
        self.timeline = timeline
        self.port = 0
        self._errors = errors
        self._told = ""

    @property
    def logged(self) -> str:
        """The log: Vercel takes it over the socket, other hosts from standard error."""
        return self._told + self._errors.read_text()

    def interact(self, interaction: InteractionBuilder, *, request_id: int) -> Reply:
        """Post an interaction, signed now, and return as soon as the body is complete."""
        now = datetime.now(UTC)
        body, headers = signed(interaction.at(now).build(), at=now)
        return self.request("POST", body, headers, request_id=request_id)

    def request(
        self, method: str, body: bytes, headers: Mapping[str, str], *, request_id: int
    ) -> Reply:
        """Any request to the function's path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        numbered = {**headers, "x-vercel-internal-request-id": str(request_id)}
        try:
            connection.request(method, PATH, body, numbered)
            response = connection.getresponse()
            content_type = response.headers.get("Content-Type", "")
            return Reply(response.status, content_type, response.read())
        finally:
            connection.close()

    def listen(self, ipc: socket.socket) -> None:
        """Note what the runtime tells, until it hangs up."""
        pending = b""
        while data := ipc.recv(65536):
            *messages, pending = (pending + data).split(b"\0")
            for message in messages:
                self._note(json.loads(message))

    def _note(self, message: Mapping[str, Any]) -> None:
        kind, payload = message["type"], message["payload"]
        if kind == SERVING:
            self.port = payload["httpPort"]
            self.timeline.note(SERVING)
        elif kind == "log":
            self._told += base64.b64decode(payload["message"]).decode()
        elif kind in {"body-flushed", "response-closed", "end"}:
            self.timeline.note(f"{kind} {payload['context']['requestId']}")


@contextmanager
def function_host(
    runtime: Sequence[str | Path],
    timeline: Timeline,
    settings: Mapping[str, str],
    *,
    import_first: Path | None = None,
    root: Path | None = None,
) -> Iterator[FunctionHost]:
    """`api/interactions.py` under `runtime`, with `settings` as its environment.

    A folder in `import_first` comes before all others on the path. `root` is where the function
    lies, if not in this checkout.
    """
    root = root or Checkout.here().root
    path = [str(folder) for folder in (import_first, root) if folder is not None]
    with (
        TemporaryDirectory(prefix="halley-") as folder,
        socket.socket(socket.AF_UNIX) as listener,
        Path(folder, "stderr.txt").open("w") as errors,
    ):
        address = f"{folder}/ipc.sock"
        listener.bind(address)
        listener.listen(1)
        listener.settimeout(PATIENCE_SECONDS)
        process = subprocess.Popen(
            runtime,
            cwd=root,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(path),
                "PYTHONDONTWRITEBYTECODE": "1",
                "VERCEL": "1",
                "VERCEL_IPC_PATH": address,
                "__VC_HANDLER_MODULE_NAME": FUNCTION.removesuffix(".py").replace("/", "."),
                "__VC_HANDLER_ENTRYPOINT": FUNCTION,
                "__VC_HANDLER_ENTRYPOINT_ABS": str(root / FUNCTION),
                "__VC_HANDLER_VENDOR_DIR": "_vendor",
                "__VC_HANDLER_VARIABLE_NAME": "app",
                "DISCORD_PUBLIC_KEY": PUBLIC_KEY,
                **settings,
            },
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            yield from _served(FunctionHost(timeline, Path(errors.name)), listener, process)
        finally:
            process.kill()
            process.wait()


def _served(
    host: FunctionHost, listener: socket.socket, process: subprocess.Popen[bytes]
) -> Iterator[FunctionHost]:
    with listener.accept()[0] as ipc:
        thread = threading.Thread(target=host.listen, args=(ipc,))
        thread.start()
        try:
            host.timeline.wait_for(SERVING)
            yield host
        finally:
            process.kill()  # the socket closes with it, and the thread ends
            thread.join()
