"""The commands of `python3 dev`. Adding one is adding a row to COMMANDS and writing its module.

A module has `main(arguments) -> int` and is imported only when its command is called, by the
Python of the environment that its layers make.
"""

from __future__ import annotations

import importlib
import os
import select
import sys
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dev.checkout import Checkout
from dev.console import Console
from dev.environment import Layer, is_prepared, prepare
from dev.errors import StackError

INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended
UNREAD = 141  # and for one whose reader went, as in `python3 dev models | head -3`
HELP = frozenset({"-h", "--help"})
THIS_MACHINE = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the list: the module to call, a line of help, and what must be installed first.

    `usage` is what may follow its name, for whoever asks before anything is installed.
    """

    module: str
    help: str
    layers: tuple[Layer, ...]
    usage: str = ""


_DATABASE = "[--database-url URL]"
COMMANDS = {
    "up": Command("dev.up", "start everything and print the addresses", (Layer.RUN,)),
    "ask": Command(
        "dev.ask",
        "send one signed /ask and print the reply and its rows",
        (Layer.RUN,),
        "[--file PATH] [--user NAME] [--private] [--locale en-US|ja] [PROMPT]",
    ),
    "worker": Command(
        "dev.worker", "play music for a bot on Discord, by the settings of .env", (Layer.RUN,)
    ),
    "register": Command(
        "dev.register",
        "tell Discord which commands there are",
        (Layer.RUN,),
        "[--guild ID] [--dry-run]",
    ),
    "models": Command("dev.models", "list the models, and what is wrong with them", (Layer.RUN,)),
    "migrate": Command("dev.migrate", "bring a database up to date", (Layer.RUN,), _DATABASE),
    "queue": Command(
        "dev.queue",
        "list, show, retry and cancel rows of the queue",
        (Layer.RUN,),
        f"[list | show ID | retry ID ... | cancel ID ...] {_DATABASE}",
    ),
    "schedules": Command(
        "dev.schedules",
        "have a hosted database wake the functions",
        (Layer.RUN,),
        f"[status | up --url URL | down] {_DATABASE}",
    ),
    "backup": Command(
        "dev.backup", "write the tables to a file", (Layer.RUN,), f"[FILE] {_DATABASE}"
    ),
    "restore": Command(
        "dev.restore",
        "fill a database from such a file",
        (Layer.RUN,),
        f"FILE [--replace] {_DATABASE}",
    ),
    "admin": Command(
        "dev.admin",
        "say who sees the dashboard",
        (Layer.RUN,),
        f"[add [ID ...] | list | remove ID ...] {_DATABASE}",
    ),
    "vendor": Command("dev.vendor", "renew what the dashboard's page takes from npm", (Layer.RUN,)),
    "seed": Command(
        "dev.seed.command",
        "fill the local database with an invented month",
        (Layer.RUN,),
        "[--days N] [--scale X] [--empty]",
    ),
    "reset": Command("dev.reset", "clear the local database and its keys", ()),
    "test": Command(
        "dev.testing", "run every check and test", (Layer.RUN, Layer.TEST), "[pytest's arguments]"
    ),
    "chaos": Command(
        "dev.chaos.command",
        "break things while the queue works, and count",
        (Layer.RUN,),
        "[--short] [--markdown] [--seed N] [--commands N] [SCENARIO ...]",
    ),
    "bench": Command(
        "dev.bench",
        "measure against other bots and queues, and the assistant and the dashboard",
        (Layer.RUN, Layer.TEST),  # the dashboard is measured in the tests' browser
        "[bot | queue | assistant | dashboard] [--quick] [--markdown]",
    ),
}


def main(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name; the exit status. Where nobody reads what it prints any
    more, it ends, and says nothing of it.
    """
    try:
        try:
            return _call(arguments)
        finally:
            sys.stdout.flush()  # noticed here, and not when Python ends
    except BrokenPipeError:
        if not _is_unread(sys.stdout):
            raise  # it was another pipe's, or a connection's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in it
        return UNREAD


def _is_unread(stream: TextIO) -> bool:
    """Whether it is a pipe whose other end was closed."""
    watch = select.poll()
    try:
        watch.register(stream, select.POLLOUT)
    except OSError:  # it is no file of the system's
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in watch.poll(0))


def _call(arguments: Sequence[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without a tick still gets the line
    console = Console()
    if not arguments or arguments[0] in {*HELP, "help"}:
        _show_list(console)
        return 0
    name, *rest = arguments
    command = COMMANDS.get(name)
    if command is None:
        console.fail(StackError(f"There is no command {name!r}. python3 dev lists them."))
        return 2
    try:
        return _run(command, name=name, arguments=rest, console=console)
    except StackError as error:
        console.fail(error)
        return 1
    except KeyboardInterrupt:
        console.say()
        return INTERRUPTED


def _run(command: Command, *, name: str, arguments: Sequence[str], console: Console) -> int:
    checkout = Checkout.here()
    spare_this_machine(os.environ)
    if HELP & set(arguments) and not is_prepared(checkout, command.layers):
        console.say(f"usage: python3 dev {name} {command.usage}".rstrip())
        console.say(f"\n{command.help[0].upper()}{command.help[1:]}.")
        return 0
    if command.layers:
        prepare(checkout, command.layers, console=console)
        if Path(sys.prefix) != checkout.venv:
            sys.stdout.flush()
            python = str(checkout.python)
            os.execv(python, [python, str(checkout.root / "dev"), name, *arguments])  # noqa: S606
    code = importlib.import_module(command.module).main(arguments)
    return int(code)


def spare_this_machine(environ: MutableMapping[str, str]) -> None:
    """Have no proxy asked for what runs here, by this process and by all that it starts.

    The stack's parts talk to each other over HTTP; a proxy that HTTP_PROXY names cannot reach them.
    """
    capital, small = environ.get("NO_PROXY", "").strip(), environ.get("no_proxy", "").strip()
    # Programs read one or the other, so neither may lack what the user wrote into the other alone.
    for name, spared in (("NO_PROXY", capital or small), ("no_proxy", small or capital)):
        if spared != "*":  # which means everything, but only where it stands alone
            hosts = [host.strip() for host in spared.split(",") if host.strip()]
            environ[name] = ",".join(dict.fromkeys([*hosts, *THIS_MACHINE]))


def _show_list(console: Console) -> None:
    console.say("Halley on this machine: python3 dev <command>")
    console.say()
    console.table([(name, command.help) for name, command in COMMANDS.items()])
    console.say()
    console.say(console.faint("python3 dev <command> --help tells more about one."))
