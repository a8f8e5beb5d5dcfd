"""The files of `public/`, answered as Vercel does: compressed, and not sent twice unchanged."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

COMPRESSED_KINDS = frozenset(
    ("text/html", "text/css", "text/javascript", "text/plain", "application/json", "image/svg+xml")
)
CACHING = {"Cache-Control": "public, max-age=0, must-revalidate"}
"""What a file's answer has where vercel.json says nothing else."""
KINDS = {".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml"}
"""What a machine's own list of types may lack, or call otherwise."""


def file_at(path: str, folder: Path) -> Path | None:
    """The file of `folder` at a request's path; a folder's is its index.html."""
    home = folder.resolve()
    try:
        file = (home / path.lstrip("/")).resolve()
        if file.is_dir():
            file = file / "index.html"
        return file if file.is_relative_to(home) and file.is_file() else None
    except (OSError, ValueError):  # no path that a file could have
        return None


def show_file(
    file: Path, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """The file's content, or 304 for who has it already."""
    kind = KINDS.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    kind = kind or "application/octet-stream"
    body = file.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = [("ETag", tag)]
    if kind in COMPRESSED_KINDS:
        headers.append(("Vary", "Accept-Encoding"))
    if environ.get("HTTP_IF_NONE_MATCH", "").removeprefix("W/") == tag:
        start_response("304 Not Modified", headers)
        return []
    if kind in COMPRESSED_KINDS:
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            headers.append(("Content-Encoding", "gzip"))
            body = _compressed(body)
        kind = f"{kind}; charset=utf-8"
    headers += [("Content-Type", kind), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@lru_cache(maxsize=256)
def _compressed(body: bytes) -> bytes:
    """Once for each content, as a file is fetched far more often than it changes."""
    return gzip.compress(body, mtime=0)
