"""From an interaction to its answer, whatever the handlers do."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence

import pytest

from lib.interactions.command import (
    Command,
    CommandKind,
    Context,
    Deferred,
    Handler,
    Instant,
    Option,
    WorkContext,
)
from lib.interactions.dispatch import Dispatched, Dispatcher
from lib.interactions.errors import UserFacingError
from lib.interactions.interaction import Interaction
from lib.interactions.response import Choice, Message, Modal, TextInput
from lib.locales import Text
from lib.logs import configure_logs
from lib.settings import Settings
from tests.discord_bodies import assert_takes_callback
from tests.fakes.clock import ManualClock
from tests.payloads import (
    GUILD,
    InteractionBuilder,
    choose,
    message_command,
    ping,
    press,
    slash,
    submit,
    typing,
)

X = Text(en="x", ja="x")
FORM = Modal(custom_id="x:save", title="T", inputs=(TextInput(custom_id="title", label="Title"),))
SORRY = Text(en="Not today, {name}.", ja="{name}さん、今日はできません。")


def say(text: str) -> Callable[[Context], Message]:
    return lambda _context: Message(content=text)


def fall(_context: Context) -> Message:
    raise ZeroDivisionError("a mistake with a secret")


def refuse(_context: Context) -> Message:
    raise UserFacingError(SORRY, name="Edmond")


def propose(context: Context) -> Sequence[Choice]:
    return [Choice(context.text_option("topic") + number, number) for number in "12"]


def command_with(handler: Handler, **changes: object) -> Command:
    fields: dict[str, object] = {"name": X, "description": X, "handler": handler}
    # Fields by name: the dataclass checks none of them, and mypy can't see through the dict.
    return Command(**{**fields, **changes})  # type: ignore[arg-type]


class OneCommand:
    """A registry of one."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def find(self, name: str) -> Command | None:
        return self._command if name == "x" else None

    def all(self) -> Sequence[Command]:
        return [self._command]


def dispatched(
    command: Command, builder: InteractionBuilder, settings: Settings | None = None
) -> Dispatched:
    """The answer, held to Discord's limits."""
    payload = builder.build()
    dispatcher = Dispatcher(
        OneCommand(command), settings or Settings(), ManualClock(), error_id=lambda: "1234abcd"
    )
    answer = dispatcher.dispatch(Interaction.from_payload(payload))
    assert_takes_callback(payload, answer.callback)
    return answer


def text_of(answer: Dispatched) -> str:
    data = answer.callback["data"]
    assert isinstance(data, dict)
    return str(data["content"])


def test_an_instant_handler_answers_at_once() -> None:
    answer = dispatched(command_with(Instant(run=say("Hello."))), slash("x"))
    assert (answer.callback["type"], text_of(answer), answer.deferred) == (4, "Hello.", None)


def test_a_deferred_handler_is_told_to_discord_and_handed_on() -> None:
    handler = Deferred(run=say("later"), ephemeral=lambda context: context.flag_option("private"))
    command = command_with(handler)
    answer = dispatched(command, slash("x"))
    assert (answer.callback, answer.deferred) == ({"type": 5}, handler)
    answer = dispatched(command, slash("x", private=True))
    assert answer.callback == {"type": 5, "data": {"flags": 64}}


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (Instant(run=say("new")), 4),
        (Instant(run=say("changed"), replaces=True), 7),
        (Deferred(run=say("new")), 5),
        (Deferred(run=say("changed"), replaces=True), 6),
    ],
)
def test_a_component_answers_anew_or_changes_its_message(handler: Handler, kind: int) -> None:
    command = command_with(Instant(run=say("never")), components={"do": handler})
    for builder in (press("x:do"), press("x:do:state:more"), choose("x:do", "a")):
        assert dispatched(command, builder).callback["type"] == kind


def test_a_command_and_a_component_can_open_a_modal_and_its_answer_is_found() -> None:
    opening = Instant(run=lambda _context: FORM)
    saving = Instant(run=lambda context: Message(content=context.interaction.fields["title"]))
    command = command_with(opening, components={"open": opening}, modals={"save": saving})
    assert dispatched(command, slash("x")).callback["type"] == 9
    assert dispatched(command, press("x:open")).callback["type"] == 9
    assert text_of(dispatched(command, submit("x:save", title="Comet"))) == "Comet"
    assert "I don't know this command" in text_of(dispatched(command, submit("x:open")))
    assert "I don't know this command" in text_of(dispatched(command, press("x:save")))


def test_an_option_proposes_its_values() -> None:
    topic = Option(name=Text(en="topic", ja="話題"), description=X, complete=propose, required=True)
    command = command_with(Instant(run=say("x")), options=(topic,))
    answer = dispatched(command, typing("x", focused="topic", topic="comet"))
    assert answer.callback == {
        "type": 8,
        "data": {"choices": [{"name": "comet1", "value": "1"}, {"name": "comet2", "value": "2"}]},
    }
    empty = {"type": 8, "data": {"choices": []}}
    assert dispatched(command, typing("x", focused="other", other="c")).callback == empty


def test_nothing_is_proposed_where_the_command_may_not_be_used() -> None:
    asked: list[Context] = []

    def complete(context: Context) -> Sequence[Choice]:
        asked.append(context)
        return [Choice("comet", 1)]

    def never(_context: Context) -> None:
        raise UserFacingError(SORRY, name="you")

    def proposed(builder: InteractionBuilder, settings: Settings, **changes: object) -> object:
        option = Option(name=X, description=X, complete=complete)
        command = command_with(Instant(run=say("x")), options=(option,), **changes)
        data = dispatched(command, builder, settings).callback["data"]
        assert isinstance(data, dict)
        return data["choices"]

    typed = typing("x", focused="x", x="c")
    elsewhere = Settings(allowed_guilds=frozenset({"42"}))
    for builder in (typed, typed.in_dm(), typed.in_japanese()):
        assert proposed(builder, elsewhere) == []
        assert proposed(builder, Settings(), checks=(never,)) == []
    assert asked == []
    there = Settings(allowed_guilds=frozenset({GUILD}))
    assert proposed(typed, there) == [{"name": "comet", "value": 1}]
    assert proposed(typed, elsewhere, everywhere=True) == [{"name": "comet", "value": 1}]
    assert len(asked) == 2


def test_proposals_that_fail_are_none() -> None:
    def fall_over(context: Context) -> Sequence[Choice]:
        fall(context)
        return []

    for completer in (fall_over, lambda _context: [Choice("c" * 101, 1)]):
        option = Option(name=X, description=X, complete=completer)
        command = command_with(Instant(run=say("x")), options=(option,))
        answer = dispatched(command, typing("x", focused="x", x="c"))
        assert answer.callback == {"type": 8, "data": {"choices": []}}


@pytest.mark.parametrize(
    ("builder", "text"),
    [(slash("x"), "Not today, Edmond."), (slash("x").in_japanese(), "Edmondさん、")],
)
def test_an_error_for_the_user_is_told_in_their_language_and_not_logged(
    builder: InteractionBuilder, text: str
) -> None:
    stream = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=stream)
    for handler in (Instant(run=refuse), Deferred(run=say("x"), ephemeral=bool_of(refuse))):
        answer = dispatched(command_with(handler), builder)
        assert text_of(answer).startswith(text)
        assert answer.deferred is None
        data = answer.callback["data"]
        assert isinstance(data, dict)
        assert data["flags"] == 64
    assert stream.getvalue() == ""


def bool_of(run: Callable[[Context], object]) -> Callable[[Context], bool]:
    return lambda context: bool(run(context))


@pytest.mark.parametrize(
    ("handler", "cause"),
    [
        (Instant(run=fall), "ZeroDivisionError"),
        (Instant(run=say("")), "LimitError"),
        (Instant(run=say("x" * 2001)), "LimitError"),
        (Deferred(run=say("x"), ephemeral=bool_of(fall)), "ZeroDivisionError"),
    ],
)
def test_any_other_error_is_a_number_for_the_user_and_a_traceback_in_the_log(
    handler: Handler, cause: str
) -> None:
    stream = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=stream)
    answer = dispatched(command_with(handler), slash("x"))
    assert "`1234abcd`" in text_of(answer)
    assert cause not in text_of(answer)
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert line["error_id"] == "1234abcd"
    assert cause in line["traceback"]


def test_the_checks_of_a_command_hold_for_all_that_it_answers() -> None:
    def never(_context: Context) -> None:
        raise UserFacingError(SORRY, name="you")

    instant = Instant(run=say("through"))
    command = command_with(
        instant, components={"do": instant}, modals={"do": instant}, checks=(never,)
    )
    for builder in (slash("x"), press("x:do"), submit("x:do")):
        assert text_of(dispatched(command, builder)) == "Not today, you."


def test_the_checks_of_a_handler_hold_for_it_alone_and_before_anything_is_deferred() -> None:
    def never(_context: Context) -> None:
        raise UserFacingError(SORRY, name="you")

    for refused in (
        Instant(run=say("x"), checks=(never,)),
        Deferred(run=say("x"), checks=(never,)),
        Deferred(run=say("x"), checks=(never,), replaces=True),
        Deferred(run=say("x"), checks=(never,), form=lambda _context: FORM),
    ):
        command = command_with(Instant(run=say("through")), components={"do": refused})
        answer = dispatched(command, press("x:do"))
        assert (answer.callback["type"], text_of(answer), answer.deferred) == (
            4,
            "Not today, you.",
            None,
        )
        assert message_data(answer)["flags"] == 64
        assert text_of(dispatched(command, slash("x"))) == "through"


def message_data(answer: Dispatched) -> dict[str, object]:
    data = answer.callback["data"]
    assert isinstance(data, dict)
    return data


def test_nothing_is_proposed_for_a_handler_whose_checks_refuse() -> None:
    def never(_context: Context) -> None:
        raise UserFacingError(SORRY, name="you")

    option = Option(name=X, description=X, complete=propose)
    command = command_with(Instant(run=say("x"), checks=(never,)), options=(option,))
    answer = dispatched(command, typing("x", focused="x", x="c"))
    assert answer.callback == {"type": 8, "data": {"choices": []}}


def nothing_after(_context: WorkContext) -> None:
    """What is to be done afterwards, where a test only asks whether it is handed on."""


def test_a_deferred_handler_may_ask_for_more_by_a_form_first() -> None:
    asking = Deferred(
        run=say("later"),
        form=lambda context: None if context.text_option("prompt") else FORM,
        after_form=nothing_after,
    )
    asked = dispatched(command_with(asking), slash("x"))
    assert (asked.callback["type"], asked.deferred, asked.afterwards) == (9, None, nothing_after)
    told = dispatched(command_with(asking), slash("x", prompt="Why?"))
    assert (told.callback["type"], told.deferred, told.afterwards) == (5, asking, None)


def test_what_is_to_be_done_afterwards_goes_with_the_answer_and_not_with_a_refusal() -> None:
    for run, afterwards in ((say("x"), nothing_after), (refuse, None), (fall, None)):
        answer = dispatched(command_with(Instant(run=run, afterwards=nothing_after)), slash("x"))
        assert answer.afterwards is afterwards


@pytest.mark.parametrize("kind", [Instant(run=lambda _c: FORM), Deferred(run=say("x"))])
def test_a_command_of_a_message_answers_as_any_other(kind: Handler) -> None:
    command = command_with(kind, kind=CommandKind.MESSAGE)
    answer = dispatched(command, message_command("x"))
    assert answer.callback["type"] == (9 if isinstance(kind, Instant) else 5)


def test_a_ping_is_answered_without_looking_for_a_command() -> None:
    assert dispatched(command_with(Instant(run=fall)), ping()).callback == {"type": 1}
