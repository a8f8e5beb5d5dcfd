"""Files on the web as the tests read them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import pytest

from worker.audio.failures import SourceError, SourceFailure
from worker.audio.remote_file import RemoteFile, WebRules

SOON = 20
CONTENT = bytes(range(256)) * 400
RULES = WebRules(allow_private=True, wait_seconds=SOON, pause_seconds=0)


def opened(
    url: str, rules: WebRules = RULES, headers: Mapping[str, str] | None = None
) -> closing[RemoteFile]:
    return closing(RemoteFile(url, headers=headers or {}, rules=rules))


def whole(file: RemoteFile, piece: int = 10_000) -> bytes:
    content = b""
    while data := file.read(piece):
        content += data
    return content


def failure_of(url: str, rules: WebRules = RULES) -> SourceFailure:
    with opened(url, rules) as file, pytest.raises(SourceError) as caught:
        whole(file)
    return caught.value.failure
