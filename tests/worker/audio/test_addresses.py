"""Where the worker connects to, and where it never does."""

from __future__ import annotations

import pytest

from worker.audio.addresses import WebAddress, is_public, resolve
from worker.audio.failures import SourceError, SourceFailure


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "fe80::1",
        "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "2002:7f00:1::", "2002:c0a8:101::1", "localhost", "",
    ],
)  # fmt: skip
def test_no_address_of_a_network_of_ones_own_is_public(number: str) -> None:
    assert not is_public(number)


@pytest.mark.parametrize(
    "number", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_the_internets_are(number: str) -> None:
    assert is_public(number)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://example.com", ("http", "example.com", 80, "/")),
        ("https://Example.com./a%20b/ü?q=1&r=é#end",
         ("https", "example.com", 443, "/a%20b/%C3%BC?q=1&r=%C3%A9")),
        ("http://[2606:4700::1111]:8080/x", ("http", "2606:4700::1111", 8080, "/x")),
        ("https://彗星.example/", ("https", "xn--gwt13n.example", 443, "/")),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(url: str, parts: tuple[str, str, int, str]) -> None:
    assert WebAddress.of(url)[0] == parts[0]
    assert WebAddress.of(url)[2:] == parts[2:]
    if "彗" not in url:
        assert WebAddress.of(url) == parts


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/a.mp3", "concat:a|b", "data:audio/ogg,x", "/a.mp3",
        "http://", "http:///a.mp3", "http://me@example.com/", "http://me:pass@example.com/",
        "http://example.com:99999/", "http://example.com:x/", "http://[::1/", "",
        "http://example.com/" + "a" * 5000, "http://exa mple.com\x00/",
    ],
)  # fmt: skip
def test_nothing_but_http_and_https_is_an_address(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        resolve(WebAddress.of(url), allow_private=True)
    assert caught.value.failure in {SourceFailure.UNSUPPORTED, SourceFailure.NO_SUCH_HOST}


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0", "[::1]",
             "[::ffff:127.0.0.1]"]
)  # fmt: skip
def test_a_private_place_is_found_out_however_it_is_written(host: str) -> None:
    address = WebAddress.of(f"http://{host}/")
    with pytest.raises(SourceError) as caught:
        resolve(address, allow_private=False)
    assert caught.value.failure is SourceFailure.FORBIDDEN_ADDRESS


def test_where_it_is_allowed_a_private_place_is_connected_to() -> None:
    endpoints = resolve(WebAddress.of("http://127.0.0.1:81/"), allow_private=True)
    assert [endpoint.address for endpoint in endpoints] == [("127.0.0.1", 81)]


def test_one_private_place_among_others_forbids_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("1.1.1.1", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(SourceError) as caught:
        resolve(WebAddress.of("http://two-faced.example/"), allow_private=False)
    assert caught.value.failure is SourceFailure.FORBIDDEN_ADDRESS


def test_a_name_that_nobody_has_is_told_apart() -> None:
    with pytest.raises(SourceError) as caught:
        resolve(WebAddress.of("http://nobody.invalid/"), allow_private=False)
    # Without a network even that cannot be known.
    assert caught.value.failure in {SourceFailure.NO_SUCH_HOST, SourceFailure.UNREACHABLE}
