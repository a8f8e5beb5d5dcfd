"""The servers that the adapters' tests talk to."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.certificate import certificate_for_localhost
from tests.servers.gemini import GeminiServer


@pytest.fixture
def gemini_server() -> Iterator[GeminiServer]:
    with GeminiServer() as server:
        yield server


@pytest.fixture
def https_gemini_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GeminiServer]:
    pem = tmp_path / "localhost.pem"
    pem.write_bytes(certificate_for_localhost())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with GeminiServer(tls=tls) as server:
        yield server
