from __future__ import annotations

import json
import stat

import jwt
import pytest

from dev.checkout import Checkout
from dev.keys import LocalKeys, Role, claims_of, is_signed_with, sign_jwt

SECRET = "a secret of thirty-two characters"


def test_they_are_made_once_and_kept_for_the_owner_alone(checkout: Checkout) -> None:
    first = LocalKeys.load_or_make(checkout.keys)
    assert LocalKeys.load_or_make(checkout.keys) == first
    assert stat.S_IMODE(checkout.keys.stat().st_mode) == 0o600


def test_a_file_of_an_older_version_gets_what_it_lacks(checkout: Checkout) -> None:
    first = LocalKeys.load_or_make(checkout.keys)
    kept = json.loads(checkout.keys.read_text())
    del kept["cron_secret"]
    checkout.keys.write_text(json.dumps(kept | {"of_long_ago": "x"}))
    second = LocalKeys.load_or_make(checkout.keys)
    assert second.secret_key == first.secret_key
    assert second.cron_secret != first.cron_secret
    assert LocalKeys.load_or_make(checkout.keys) == second


def test_they_look_as_the_hosted_ones_do() -> None:
    keys = LocalKeys()
    assert keys.publishable_key.startswith("sb_publishable_")
    assert keys.secret_key.startswith("sb_secret_")
    assert keys.application_id.isdigit()
    assert len(bytes.fromhex(keys.signing_key)) == 32


def test_any_jwt_library_reads_a_role_s_token() -> None:
    keys = LocalKeys()
    claims = jwt.decode(keys.role_token(Role.SERVICE), keys.jwt_secret, algorithms=["HS256"])
    assert claims["role"] == "service_role"


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "a.b.c.d", "é.é.é"])
def test_what_is_no_token_of_ours_is_not_taken_for_one(token: str) -> None:
    assert not is_signed_with(token, secret=SECRET)


def test_a_token_is_ours_only_with_our_secret_and_unchanged() -> None:
    token = sign_jwt({"role": "anon"}, secret=SECRET)
    assert is_signed_with(token, secret=SECRET)
    assert not is_signed_with(token, secret=SECRET + "!")
    assert not is_signed_with("x" + token, secret=SECRET)


def test_a_token_is_read_until_it_is_over_and_only_with_our_signature() -> None:
    token = sign_jwt({"sub": "1", "exp": 100}, secret="ours")
    assert claims_of(token, secret="ours", now=99.0) == {"sub": "1", "exp": 100}
    assert claims_of(token, secret="ours", now=100.0) is None
    assert claims_of(token, secret="theirs", now=99.0) is None
    assert claims_of(sign_jwt({"exp": "soon"}, secret="ours"), secret="ours", now=0.0) is None
    assert claims_of("a.b.c", secret="ours", now=0.0) is None
