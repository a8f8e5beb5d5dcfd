"""The files of public/, as a browser gets them from the local host."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from wsgiref.types import WSGIEnvironment
from wsgiref.util import setup_testing_defaults

import pytest

from dev.functions import FunctionHost, rules_of
from dev.vercel_config import PathRules

STYLES = "h1 { color: red }\n" * 100
POLICY = "default-src 'none'; connect-src 'self' https://*.supabase.co; base-uri 'none'"
CONFIG = {
    "headers": [
        {"source": "/(.*)", "headers": [{"key": "Content-Security-Policy", "value": POLICY}]},
        {"source": "/vendor/(.*)", "headers": [{"key": "X-Kept", "value": "yes"}]},
    ]
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, content in (
        ("public/index.html", b"<h1>welcome</h1>"),
        ("public/styles/page.css", STYLES.encode()),
        ("public/scripts/main.js", b"export const one = 1;"),
        ("public/picture.png", b"\x89PNG"),
        ("vercel.json", json.dumps(CONFIG).encode()),
        ("secret.txt", b"secret"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def get(root: Path, path: str, **headers: str) -> tuple[str, dict[str, str], bytes]:
    environ: WSGIEnvironment = {}
    setup_testing_defaults(environ)
    environ |= {"PATH_INFO": path, "REQUEST_METHOD": "GET", **headers}
    found: list[tuple[str, dict[str, str]]] = []

    def start(
        status: str, headers: list[tuple[str, str]], _error: object = None, /
    ) -> Callable[[bytes], object]:
        found.append((status, dict(headers)))
        return lambda _data: None

    host = FunctionHost({}, public=root / "public", rules=PathRules.of(root))
    body = b"".join(host(environ, start))
    return *found[0], body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/styles/page.css", "text/css; charset=utf-8"),
        ("/scripts/main.js", "text/javascript; charset=utf-8"),
        ("/picture.png", "image/png"),
    ],
)
def test_each_kind_of_file_is_named(root: Path, path: str, kind: str) -> None:
    status, headers, body = get(root, path)
    assert (status, headers["Content-Type"]) == ("200 OK", kind)
    assert headers["Content-Length"] == str(len(body))


def test_text_comes_compressed_to_who_can_read_that(root: Path) -> None:
    _, headers, body = get(root, "/styles/page.css", HTTP_ACCEPT_ENCODING="gzip, deflate, br")
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Vary"] == "Accept-Encoding"
    assert len(body) == int(headers["Content-Length"]) < len(STYLES)
    assert gzip.decompress(body).decode() == STYLES
    _, headers, body = get(root, "/styles/page.css")
    assert "Content-Encoding" not in headers
    assert body.decode() == STYLES


def test_a_picture_is_not_compressed_again(root: Path) -> None:
    _, headers, body = get(root, "/picture.png", HTTP_ACCEPT_ENCODING="gzip")
    assert "Content-Encoding" not in headers
    assert body == b"\x89PNG"


def test_a_file_that_did_not_change_is_not_sent_again(root: Path) -> None:
    _, headers, _ = get(root, "/styles/page.css")
    assert headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    status, _, body = get(root, "/styles/page.css", HTTP_IF_NONE_MATCH=headers["ETag"])
    assert (status, body) == ("304 Not Modified", b"")
    (root / "public" / "styles" / "page.css").write_text("h1 { color: blue }")
    status, _, _ = get(root, "/styles/page.css", HTTP_IF_NONE_MATCH=headers["ETag"])
    assert status == "200 OK"


@pytest.mark.parametrize("path", ["/../secret.txt", "/styles/../../secret.txt", "/a\0b", "/x" * 9])
def test_nothing_outside_the_folder_is_served(root: Path, path: str) -> None:
    assert get(root, path)[0] == "404 Not Found"


def test_the_page_may_talk_to_a_supabase_on_this_machine_beside_what_is_deployed(
    root: Path,
) -> None:
    rules = rules_of(root, "http://127.0.0.1:7620")
    assert rules.headers_for("/")["Content-Security-Policy"] == (
        "default-src 'none'; connect-src 'self' http://127.0.0.1:7620 ws://127.0.0.1:7620"
        " https://*.supabase.co; base-uri 'none'"
    )
    assert rules.headers_for("/vendor/x.js")["X-Kept"] == "yes"


@pytest.mark.parametrize("address", ["", "https://abc.supabase.co", "https://own.example"])
def test_for_a_hosted_one_the_deployed_headers_stand(root: Path, address: str) -> None:
    assert rules_of(root, address).headers_for("/")["Content-Security-Policy"] == POLICY
