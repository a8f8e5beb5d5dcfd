"""`python3 dev migrate`: which addresses it takes, before it connects to anything."""

from __future__ import annotations

import pytest

from dev import migrate
from dev.errors import StackError
from dev.migrations import connect


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://postgres:p@ss/w#rd@127.0.0.1:1/postgres",
        "postgresql://postgres:p@ss@127.0.0.1:1/postgres",
        "postgresql://postgres:@p@127.0.0.1:1/postgres",
        "postgresql://postgres:12/34@127.0.0.1:1/postgres",
        "postgresql://postgres:p/w@127.0.0.1:1/postgres",
        "postgresql://postgres.abc:<password>@<host>:5432/postgres",
        "postgresql://postgres.abc:password@<host>:5432/postgres",
        "postgresql://postgres.abc:<password>@127.0.0.1:1/postgres",
        "postgresql://postgres.abc:[YOUR-PASSWORD]@127.0.0.1:1/postgres",
    ],
)
def test_an_address_that_would_be_read_otherwise_than_meant_is_not_tried(address: str) -> None:
    with pytest.raises(StackError, match=r"not well formed.*%40"):
        connect(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://postgres:p%40ss%2Fw%23rd@127.0.0.1:1/postgres",
        "postgresql://postgres:p#w<1>[2]?@127.0.0.1:1/postgres",
        "postgresql://postgres:pw@127.0.0.1:1/name%40two?application_name=a@b",
        "postgresql://postgres:pw@127.0.0.1:1",
        "postgresql://postgres:pw@[::1]:1/postgres",
        "host=127.0.0.1 port=1 user=postgres password=p@ss/w",
    ],
)
def test_an_address_that_can_be_meant_so_is_tried(address: str) -> None:
    with pytest.raises(StackError, match="cannot be reached"):
        connect(address)


@pytest.mark.parametrize("address", ["", " "])
def test_an_empty_address_is_not_the_local_database(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        migrate.main(["--database-url", address])
    assert end.value.code == 2
    assert "--database-url: it is empty" in capsys.readouterr().err
