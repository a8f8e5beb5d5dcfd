"""What is sent is Discord's JSON, and what Discord would refuse shows as an error here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dev.simulator.specification import Operation
from lib.interactions import response
from lib.interactions.command import Command, Deferred, Instant, Option, OptionKind
from lib.interactions.response import (
    Button,
    ButtonStyle,
    Choice,
    Embed,
    EmbedField,
    File,
    LimitError,
    Message,
    Modal,
    TextInput,
    length,
)
from lib.locales import Text
from tests.discord_bodies import (
    assert_takes_callback,
    assert_takes_commands,
    assert_takes_message,
)
from tests.payloads import press, slash, submit, typing

X = Text(en="x", ja="x")
BUTTON = Button(label="Press", custom_id="a:b")
INPUT = TextInput(custom_id="title", label="Title")


def full_message() -> Message:
    """A message with as much in it as Discord takes."""
    fields = tuple(EmbedField(name="n" * 20, value="v" * 100, inline=True) for _ in range(25))
    embed = Embed(title="t" * 256, description="d" * 500, url="https://example.com", fields=fields)
    link = Button(label="l" * 80, url="https://example.com/", disabled=True)
    row = (link, *(Button(label="b", custom_id=f"a:{n}", style=ButtonStyle.DANGER) for n in "1234"))
    rows = tuple(
        tuple(
            button if button.url else Button(label="b", custom_id=f"{button.custom_id}:{number}")
            for button in row
        )
        for number in range(5)
    )
    return Message(content="c" * 2000, embeds=(embed, Embed(footer="f" * 1000, color=0)), rows=rows)


def test_the_fullest_message_is_one_that_discord_takes() -> None:
    assert_takes_callback(slash("x").build(), response.reply(full_message()))
    assert_takes_callback(press("a:b").build(), response.replace(full_message()))


def test_a_reply_for_one_alone_says_so_and_an_edit_cannot() -> None:
    message = Message(content="x", ephemeral=True)
    assert message.to_payload()["flags"] == 64
    assert "flags" not in message.to_edit()


def test_a_message_pings_nobody_and_an_edit_leaves_nothing_behind() -> None:
    body = Message(content="@everyone").to_edit()
    assert body["allowed_mentions"] == {"parse": []}
    assert (body["embeds"], body["components"], body["attachments"]) == ([], [], [])


def test_a_file_is_named_by_its_place_and_may_be_all_there_is() -> None:
    picture = File(name="chart.png", content=b"...", description="d" * 1024)
    body = Message(files=(picture, File(name="log.txt", content=b""))).to_payload()
    assert_takes_message(Operation.FOLLOW_UP, body, file_count=2)
    assert body["attachments"] == [
        {"id": 0, "filename": "chart.png", "description": "d" * 1024},
        {"id": 1, "filename": "log.txt"},
    ]


@pytest.mark.parametrize("answer", [response.reply, response.replace])
def test_an_instant_answer_with_files_tells_the_developer_what_to_do(
    answer: Callable[[Message], object],
) -> None:
    with pytest.raises(LimitError, match="make the handler a Deferred one"):
        answer(Message(content="c", files=(File(name="a.txt", content=b"a"),)))


def test_a_modal_choices_and_deferrals_are_ones_that_discord_takes() -> None:
    inputs = tuple(
        TextInput(
            custom_id=f"i{number}",
            label="l" * 45,
            description="d" * 100,
            value="v" * 4000,
            placeholder="p" * 100,
            paragraph=True,
            required=False,
        )
        for number in range(5)
    )
    modal = Modal(custom_id="m" * 100, title="t" * 45, inputs=inputs)
    assert_takes_callback(slash("x").build(), response.open_modal(modal))
    for choice in (
        Choice("c" * 100, "v" * 100),
        Choice("number", 5),
        Choice("ratio", 0.5),
        Choice(Text("c" * 100, "長" * 100), "v"),
    ):
        proposal = response.propose([choice] * 25)
        assert_takes_callback(typing("x", focused="a", a="b").build(), proposal)
    for callback in (response.defer(ephemeral=True), response.defer(ephemeral=False)):
        assert_takes_callback(slash("x").build(), callback)
        assert_takes_callback(submit("a:b").build(), callback)
    assert_takes_callback(press("a:b").build(), response.defer_replacement())


def test_no_more_than_twenty_five_proposals_are_made() -> None:
    data = response.propose(Choice(f"c{number}", number) for number in range(100))["data"]
    assert isinstance(data, dict)
    assert len(data["choices"]) == 25


TOO_MUCH: dict[str, Callable[[], object]] = {
    "an empty message": lambda: Message().to_payload(),
    "a long message": lambda: Message(content="c" * 2001).to_payload(),
    "a long message of emoji": lambda: Message(content="😀" * 1001).to_payload(),
    "many embeds": lambda: Message(embeds=(Embed(title="t"),) * 11).to_payload(),
    "much in all embeds": lambda: Message(
        embeds=(Embed(description="d" * 3001), Embed(description="d" * 3000))
    ).to_payload(),
    "many fields": lambda: Embed(fields=(EmbedField(name="n", value="v"),) * 26).to_payload(),
    "a field without text": lambda: Embed(fields=(EmbedField(name="n", value=""),)).to_payload(),
    "a long title": lambda: Embed(title="t" * 257).to_payload(),
    "a long description": lambda: Embed(description="d" * 4097).to_payload(),
    "a long footer": lambda: Embed(footer="f" * 2049).to_payload(),
    "many files": lambda: Message(files=(File(name="a", content=b""),) * 11).to_edit(),
    "large files": lambda: Message(
        files=(File(name="a", content=b"a" * (6 * 1024 * 1024)),) * 2
    ).to_edit(),
    "a file without a name": lambda: Message(files=(File(name="", content=b""),)).to_edit(),
    "a file in a folder": lambda: Message(files=(File(name="../a", content=b""),)).to_edit(),
    "a Japanese file name": lambda: Message(files=(File(name="図.png", content=b""),)).to_edit(),
    "a long file name": lambda: Message(files=(File(name="a" * 101, content=b""),)).to_edit(),
    "a long alt text": lambda: Message(
        files=(File(name="a", content=b"", description="d" * 1025),)
    ).to_edit(),
    "many rows": lambda: Message(content="c", rows=((BUTTON,),) * 6).to_payload(),
    "many buttons": lambda: Message(content="c", rows=((BUTTON,) * 6,)).to_payload(),
    "a row without buttons": lambda: Message(content="c", rows=((),)).to_payload(),
    "a button without an id": lambda: Button(label="l").to_payload(),
    "a button with a long id": lambda: Button(label="l", custom_id="c" * 101).to_payload(),
    "a long label": lambda: Button(label="l" * 81, custom_id="c").to_payload(),
    "a long link": lambda: Button(label="l", url="https://e.com/" + "x" * 500).to_payload(),
    "a modal without inputs": lambda: Modal(custom_id="c", title="t", inputs=()).to_payload(),
    "many inputs": lambda: Modal(custom_id="c", title="t", inputs=(INPUT,) * 6).to_payload(),
    "a modal without a title": lambda: Modal(custom_id="c", title="", inputs=(INPUT,)).to_payload(),
    "a long input label": lambda: TextInput(custom_id="c", label="l" * 46).to_payload(),
    "a choice without a name": lambda: Choice("", 1).to_payload(),
    "a long choice": lambda: Choice("c" * 101, 1).to_payload(),
    "a long choice in another language": lambda: Choice(Text("c", "長" * 101), 1).to_payload(),
    "a long value": lambda: Choice("c", "v" * 101).to_payload(),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_what_discord_would_refuse_is_an_error(what: str) -> None:
    with pytest.raises(LimitError):
        TOO_MUCH[what]()


@pytest.mark.parametrize(
    ("text", "units"), [("", 0), ("a", 1), ("彗", 1), ("😀", 2), ("👩‍👧", 5), ("\ud800", 1)]
)
def test_lengths_are_counted_in_utf_16(text: str, units: int) -> None:
    assert length(text) == units


def test_every_kind_of_option_and_command_is_one_that_discord_takes() -> None:
    options = [
        Option(
            name=Text(en=kind.name.lower(), ja=kind.name.lower()),
            description=X,
            kind=kind,
            required=kind is OptionKind.TEXT,
        )
        for kind in OptionKind
    ]
    bounded = Option(
        name=Text(en="bounded", ja="範囲"),
        description=X,
        kind=OptionKind.INTEGER,
        minimum=1,
        maximum=5,
        choices=(Choice("one", 1),),
    )
    proposing = Option(
        name=Text(en="proposing", ja="候補"), description=X, complete=lambda _context: []
    )
    command = Command(
        name=Text(en="everything", ja="すべて"),
        description=X,
        handler=Instant(run=lambda _context: Message(content="x")),
        options=(*options, bounded, proposing),
        default_member_permissions=1 << 3,
    )
    assert_takes_commands([command.to_payload()])


@pytest.mark.parametrize(
    ("kind", "fitting", "others"),
    [
        (OptionKind.TEXT, ["x", ""], [1, 1.5, True]),
        (OptionKind.INTEGER, [1, -1], ["1", 1.5, True]),
        (OptionKind.NUMBER, [1, 1.5], ["1", True]),
        (OptionKind.FLAG, [True, False], ["true", 1, 0.0]),
        (OptionKind.USER, ["42"], [42]),
    ],
)
def test_an_option_knows_which_values_can_be_its_own(
    kind: OptionKind, fitting: list[str | float | bool], others: list[str | float | bool]
) -> None:
    for required in (True, False):
        option = Option(name=X, description=X, kind=kind, required=required)
        assert all(map(option.accepts, fitting))
        assert not any(map(option.accepts, others))
        assert option.accepts(None) is not required


def test_a_deferred_handler_is_for_all_to_see_and_without_a_pace_unless_told() -> None:
    deferred = Deferred(run=lambda _context: Message(content="x"))
    assert deferred.cooldown_seconds == 0
    assert not deferred.replaces
