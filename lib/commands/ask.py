"""/ask: one question to the chat model; the answer appears while it is being written."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

from lib.chat.failures import as_user_facing
from lib.chat.instruction import system_instruction
from lib.chat.splitting import close_block, split
from lib.interactions.command import (
    Command,
    Context,
    Deferred,
    Option,
    OptionKind,
    Reply,
    WorkContext,
)
from lib.interactions.response import Message
from lib.locales import Text
from lib.logs import get_logger
from lib.ports import ChatModelError, ChatModelFailure, FinishReason, Role, Turn, Usage
from lib.recording import recording

log = get_logger(__name__)

LONGEST_PROMPT = 4000
COOLDOWN_SECONDS = 5.0

STOPPED = Text(
    en="(The answer broke off here. {reason})", ja="（回答はここで途切れました。{reason}）"
)
LENGTH_LIMIT = Text(
    en="(The model's length limit ends the answer here.)",
    ja="（モデルの長さの上限に達したため、回答はここまでです。）",
)


def ask(context: WorkContext) -> Generator[Reply]:
    """Yield the answer as it grows; the last reply is the whole of it."""
    prompt = context.text_option("prompt")
    model = context.services.chat_model
    text = ""
    note = ""
    usage: Usage | None = None
    try:
        for chunk in model.stream(
            [Turn(Role.USER, prompt)],
            system_instruction=system_instruction(context.locale),
            deadline_seconds=context.deadline_seconds,
        ):
            text += chunk.text
            usage = chunk.usage or usage
            if chunk.finish is FinishReason.MAX_TOKENS:
                note = LENGTH_LIMIT.in_(context.locale)
            if messages := _messages(text):
                yield messages
    except ChatModelError as error:
        usage = error.usage or usage
        log.warning("model_failed", failure=error.failure.value, detail=error.detail)
        reason = as_user_facing(error)
        if not _messages(text) or error.failure is ChatModelFailure.BLOCKED:
            raise reason from error  # what was shown of a blocked answer goes as well
        note = STOPPED.in_(context.locale, reason=reason.in_(context.locale))
    finally:
        # Afterwards: neither a slow database nor its client's loading may hold up the last words.
        context.background.submit(partial(_record, context, model.model, usage))
    if not _messages(text):
        raise as_user_facing(ChatModelError(ChatModelFailure.EMPTY, "nothing that shows"))
    yield _messages(f"{close_block(text)}\n\n-# {note}" if note else text)


def _messages(text: str) -> list[Message]:
    return [Message(content=piece) for piece in split(text)]


def _record(context: WorkContext, model: str, usage: Usage | None) -> None:
    """Log what the call cost, whatever came of it; a database fault costs no answer."""
    if usage is None:
        return
    with recording("the tokens used"):
        context.services.store.log_gemini_usage(
            guild_id=context.interaction.guild_id,
            user_id=context.interaction.user.id,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            model=model,
        )


def is_private(context: Context) -> bool:
    """Whether only the asker sees the answer."""
    return context.flag_option("private")


command = Command(
    name=Text(en="ask", ja="質問"),
    description=Text(en="Ask the assistant anything", ja="アシスタントに質問します"),
    options=(
        Option(
            name=Text(en="prompt", ja="内容"),
            description=Text(en="What you want to know", ja="聞きたいこと"),
            required=True,
            minimum=1,
            maximum=LONGEST_PROMPT,
        ),
        Option(
            name=Text(en="private", ja="非公開"),
            description=Text(en="Show the answer to you alone", ja="回答を自分だけに表示します"),
            kind=OptionKind.FLAG,
        ),
    ),
    handler=Deferred(run=ask, ephemeral=is_private, cooldown_seconds=COOLDOWN_SECONDS),
)
