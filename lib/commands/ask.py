"""/ask: a question to the assistant; the answer appears while it is being written."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Final

from lib import chat, ports
from lib.commands._asking import Asking
from lib.interactions.command import (
    Command,
    Context,
    Deferred,
    Group,
    Option,
    OptionKind,
    Progress,
    WorkContext,
)
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Modal, TextInput
from lib.locales import Text
from lib.logs import get_logger

log = get_logger(__name__)

LONGEST_PROMPT: Final = 4000
PRIVATE: Final = "private"
MOST_LINKS: Final = 10

FORM_TITLE = Text(en="Ask the assistant", ja="アシスタントに質問")
FORM_LABEL = Text(en="What do you want to know?", ja="聞きたいこと")
NOT_YOURS = Text(
    en="Only the one who asked can use these buttons. `/ask` gives you an answer of your own.",
    ja="このボタンは質問した本人だけが使えます。`/質問` で新しく質問できます。",
)
NOT_REACHED = Text(
    en="The database didn't answer, and without it I don't know what this answer was about. Please"
    " try again later.",
    ja="データベースから応答がなく、この回答の記録を確認できません。時間をおいて再度お試しください。",
)

PARTS_LEFT = Text(
    en="I couldn't delete all of this answer. Still there: {links}. Somebody who manages messages"
    " here can delete that.",
    ja="回答の一部を削除できませんでした（残っているメッセージ: {links}）。"
    "メッセージの管理権限があるメンバーに削除を依頼してください。",
)
DISMISS_THE_REST = Text(
    en="I can't take back the other parts of this answer, which only you see. Dismiss them below"
    " each message; I no longer remember them.",
    ja="この回答の残りの部分（あなただけに表示されています）は削除できません。"
    "各メッセージの下から非表示にしてください。内容の記録は削除しました。",
)


def ask(context: WorkContext) -> Generator[Progress]:
    """Answer the question, or the file that came without one."""
    attachment = context.attachment_option("file")
    return chat.Assistant(context).answer(
        chat.Request(
            text=context.text_option("prompt"),
            attachments=() if attachment is None else (attachment,),
            private=is_private(context),
        )
    )


def form_for_a_long_question(context: Context) -> Modal | None:
    """A form with more room, for whoever calls `/ask` with nothing to answer."""
    if context.text_option("prompt").strip() or context.attachment_option("file") is not None:
        return None
    return Modal(
        custom_id=f"ask:long:{PRIVATE}" if is_private(context) else "ask:long",
        title=FORM_TITLE.in_(context.locale),
        inputs=(
            TextInput(
                custom_id="prompt",
                label=FORM_LABEL.in_(context.locale),
                paragraph=True,
                max_length=LONGEST_PROMPT,
            ),
        ),
    )


def ask_by_form(context: WorkContext) -> Generator[Progress]:
    """Answer what was written into the form."""
    text = context.interaction.fields.get("prompt", "")
    return chat.Assistant(context).answer(chat.Request(text=text, private=is_private_form(context)))


def is_private(context: Context) -> bool:
    """Whether only the asker sees the answer."""
    return context.flag_option("private")


def is_private_form(context: Context) -> bool:
    """The same, of a form."""
    return context.interaction.custom_id.endswith(f":{PRIVATE}")


def askers_only(context: Context) -> None:
    """The buttons below an answer are for whoever asked."""
    if context.interaction.custom_id.split(":")[2:3] != [context.interaction.user.id]:
        raise UserFacingError(NOT_YOURS)


def _press(action: str, context: WorkContext) -> Generator[Progress]:
    try:
        yield from chat.Assistant(context).answer(
            chat.Request(
                action=chat.Action(action),
                about=chat.exchange_of(context.interaction.custom_id),
                private=context.interaction.on_ephemeral,
            )
        )
    except ports.StoreError as error:
        log.error("tables_not_reached", operation=error.operation, code=error.code)
        raise UserFacingError(NOT_REACHED, private=True) from error


def on_press(action: str) -> Callable[[WorkContext], Generator[Progress]]:
    """The handler of the button that asks for this `chat.Action`."""
    return partial(_press, action)


def is_ephemeral(context: Context) -> bool:
    """Whether the pressed button's message is for one user alone: so is what follows it."""
    return context.interaction.on_ephemeral


def delete(context: WorkContext) -> None:
    """Delete an answer, from the channel and from the conversation."""
    exchange = _forget(context)
    left = _delete_others(context, exchange)
    context.services.discord.delete_original(
        ports.InteractionWebhook(context.interaction.application_id, context.interaction.token)
    )
    if exchange is None:  # there is none to forget, or it is only just being kept
        context.clock.sleep(chat.SETTLED_WITHIN_SECONDS)
        left = _delete_others(context, _forget(context))
    if left:
        raise _told_of(left, context)


def _forget(context: WorkContext) -> ports.Exchange | None:
    try:
        return context.services.chat.delete_exchange(
            exchange_id=chat.exchange_of(context.interaction.custom_id),
            user_id=context.interaction.user.id,
        )
    except ports.StoreError as error:
        log.error("tables_not_reached", operation=error.operation, code=error.code)
        raise UserFacingError(NOT_REACHED, private=True) from error


def _delete_others(context: WorkContext, exchange: ports.Exchange | None) -> list[str]:
    """Delete the further messages of a long answer. Returns links to those that are left."""
    interaction = context.interaction
    if exchange is None or not exchange.channel_id:
        return []
    others = [each for each in exchange.message_ids if each != interaction.message_id]
    if not interaction.on_ephemeral:  # which nobody but the asker can reach
        others = [each for each in others if not _is_gone(context, exchange.channel_id, each)]
    place = f"https://discord.com/channels/{interaction.guild_id or '@me'}/{exchange.channel_id}"
    return [f"{place}/{each}" for each in others]


def _is_gone(context: WorkContext, channel_id: str, message_id: str) -> bool:
    """Whether the message could be deleted, for which the bot has to be in the guild."""
    try:
        context.services.discord.delete_message(channel_id=channel_id, message_id=message_id)
    except ports.DiscordError as error:
        log.warning("part_not_deleted", status=error.status, code=error.code)
        return False
    return True


def _told_of(left: Sequence[str], context: WorkContext) -> UserFacingError:
    if context.interaction.on_ephemeral:
        return UserFacingError(DISMISS_THE_REST, private=True)
    return UserFacingError(PARTS_LEFT, private=True, links=" ".join(left[:MOST_LINKS]))


_CHECKS = (askers_only,)
_NEW = partial(Asking, ephemeral=is_ephemeral, checks=_CHECKS)
_IN_PLACE = partial(Asking, replaces=True, checks=_CHECKS)

command = Command(
    name=Text(en="ask", ja="質問"),
    description=Text(
        en="Ask the assistant anything; it remembers what was said here",
        ja="アシスタントに質問します（会話の流れを覚えています）",
    ),
    group=Group.CONVERSATION,
    leads=True,
    options=(
        Option(
            name=Text(en="prompt", ja="内容"),
            description=Text(
                en="What you want to know; leave it out for a form with more room",
                ja="聞きたいこと（省略すると長文用のフォームが開きます）",
            ),
            minimum=1,
            maximum=LONGEST_PROMPT,
        ),
        Option(
            name=Text(en="file", ja="ファイル"),
            description=Text(
                en="A picture, PDF, sound, text or code to ask about",
                ja="質問に添える画像・PDF・音声・テキスト・コード",
            ),
            kind=OptionKind.ATTACHMENT,
        ),
        Option(
            name=Text(en="private", ja="非公開"),
            description=Text(en="Show the answer to you alone", ja="回答を自分だけに表示します"),
            kind=OptionKind.FLAG,
        ),
    ),
    handler=Asking(run=ask, ephemeral=is_private, form=form_for_a_long_question),
    components={
        "again": _IN_PLACE(run=on_press("again")),
        "again_anew": _NEW(run=on_press("again")),
        "shorter": _IN_PLACE(run=on_press("shorter")),
        "shorter_anew": _NEW(run=on_press("shorter")),
        "continue": _NEW(run=on_press("continue")),
        "delete": Deferred(run=delete, replaces=True, checks=_CHECKS),
    },
    modals={"long": Asking(run=ask_by_form, ephemeral=is_private_form)},
)
