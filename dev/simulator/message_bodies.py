"""The bodies of messages and of interaction callbacks, held to Discord's limits."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, IntFlag

from dev.simulator import limits
from dev.simulator.components import check_components, check_modal
from dev.simulator.errors import (
    DiscordError,
    FormErrors,
    JsonObject,
    Path,
    Refusal,
    checked_form,
)
from dev.simulator.fields import check_choice, check_objects, check_text


class MessageFlag(IntFlag):
    """The message flags that applications and Discord set."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_COMPONENTS_V2 = 1 << 15


SETTABLE_FLAGS = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.EPHEMERAL
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.IS_COMPONENTS_V2
)


class CallbackType(IntEnum):
    """What an application may answer to an interaction."""

    PONG = 1
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE_MESSAGE = 7
    AUTOCOMPLETE = 8
    MODAL = 9


class InteractionType(IntEnum):
    """What an interaction is."""

    PING = 1
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


_MESSAGE_ANSWERS = {CallbackType.MESSAGE, CallbackType.DEFERRED_MESSAGE}
_UPDATE_ANSWERS = {CallbackType.DEFERRED_UPDATE, CallbackType.UPDATE_MESSAGE}


def allowed_callbacks(kind: InteractionType, *, has_message: bool) -> set[CallbackType]:
    """Which callbacks an interaction takes; `has_message` when it came from a component."""
    if kind is InteractionType.PING:
        return {CallbackType.PONG}
    if kind is InteractionType.AUTOCOMPLETE:
        return {CallbackType.AUTOCOMPLETE}
    allowed = _MESSAGE_ANSWERS | (_UPDATE_ANSWERS if has_message else set())
    return allowed if kind is InteractionType.MODAL_SUBMIT else allowed | {CallbackType.MODAL}


def check_unicode(value: object) -> None:
    """Refuses a lone surrogate anywhere in a body: no valid UTF-8 can carry one."""
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise DiscordError(Refusal.INVALID_JSON)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            check_unicode(key)
            check_unicode(inner)
    elif isinstance(value, list):
        for inner in value:
            check_unicode(inner)


def flags_of(body: Mapping[str, object]) -> MessageFlag:
    flags = body.get("flags")
    return MessageFlag(flags) if isinstance(flags, int) and flags > 0 else MessageFlag(0)


def check_message(body: JsonObject, *, flags: MessageFlag) -> None:
    """Refuses a message body that breaks a limit.

    `flags` are those the message has or gets: with IS_COMPONENTS_V2 the older fields are refused.
    Whether anything is left to show is `check_not_empty`'s question, for an edit may be partial.
    """
    check_unicode(body)
    v2 = MessageFlag.IS_COMPONENTS_V2 in flags
    with checked_form() as form:
        content = body.get("content")
        if content is not None:
            check_text(content, form=form, path=("content",), maximum=limits.CONTENT)
        if v2:
            for name in ("content", "embeds", "poll"):
                if body.get(name):
                    form.add(
                        (name,),
                        code="MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                        message=f"The '{name}' field cannot be used when using "
                        "MessageFlags.IS_COMPONENTS_V2",
                    )
        else:
            _check_embeds(body.get("embeds"), form=form)
        if body.get("allowed_mentions") is not None:
            _check_allowed_mentions(body["allowed_mentions"], form=form)
        check_components(body.get("components"), form=form, v2=v2)
        _check_attachments(body.get("attachments"), form=form)
        _check_nonce(body.get("nonce"), form=form)


def check_not_empty(message: Mapping[str, object]) -> None:
    """Refuses a message that would show nothing (50006)."""
    content = message.get("content")
    shown = isinstance(content, str) and content.strip()
    if not shown and not any(message.get(name) for name in ("embeds", "components", "attachments")):
        raise DiscordError(Refusal.EMPTY_MESSAGE)


def _check_attachments(value: object, *, form: FormErrors) -> None:
    described = check_objects(value, form=form, path=("attachments",), maximum=limits.ATTACHMENTS)
    for index, attachment in enumerate(described):
        path: Path = ("attachments", index)
        if attachment.get("id") is None:
            form.required((*path, "id"))
        if attachment.get("description") is not None:
            check_text(
                attachment["description"],
                form=form,
                path=(*path, "description"),
                maximum=limits.ATTACHMENT_DESCRIPTION,
            )


def _check_nonce(nonce: object, *, form: FormErrors) -> None:
    if nonce is None:
        return
    if isinstance(nonce, bool) or not isinstance(nonce, str | int):
        form.add(
            ("nonce",),
            code="NONCE_TYPE_INVALID_TYPE",
            message="This field must be a string or integer.",
        )
    elif len(str(nonce)) > limits.NONCE:
        form.add(
            ("nonce",),
            code="NONCE_TYPE_TOO_LONG",
            message=f"Must be {limits.NONCE} or fewer characters long.",
        )


def _check_embeds(value: object, *, form: FormErrors) -> None:
    texts = {
        "title": limits.EMBED_TITLE,
        "description": limits.EMBED_DESCRIPTION,
    }
    total = 0
    embeds = check_objects(value, form=form, path=("embeds",), maximum=limits.EMBEDS)
    for index, embed in enumerate(embeds):
        path: Path = ("embeds", index)
        total += sum(
            _text(embed, name, form=form, path=path, maximum=maximum)
            for name, maximum in texts.items()
        )
        total += _part(embed, "footer", "text", form=form, path=path, maximum=limits.EMBED_FOOTER)
        total += _part(embed, "author", "name", form=form, path=path, maximum=limits.EMBED_AUTHOR)
        fields = check_objects(
            embed.get("fields"),
            form=form,
            path=(*path, "fields"),
            maximum=limits.EMBED_FIELDS,
        )
        for number, field in enumerate(fields):
            for name, maximum in (
                ("name", limits.EMBED_FIELD_NAME),
                ("value", limits.EMBED_FIELD_VALUE),
            ):
                where = (*path, "fields", number, name)
                text = check_text(
                    field.get(name), form=form, path=where, minimum=1, maximum=maximum
                )
                total += len(text or "")
    if total > limits.EMBED_TOTAL:
        form.add(
            ("embeds",),
            code="MAX_EMBED_SIZE_EXCEEDED",
            message=f"Embed size exceeds maximum size of {limits.EMBED_TOTAL}",
        )


def _text(embed: JsonObject, name: str, *, form: FormErrors, path: Path, maximum: int) -> int:
    if embed.get(name) is None:
        return 0
    return len(check_text(embed[name], form=form, path=(*path, name), maximum=maximum) or "")


def _part(
    embed: JsonObject, part: str, name: str, *, form: FormErrors, path: Path, maximum: int
) -> int:
    inner = embed.get(part)
    if not isinstance(inner, dict):
        return 0
    return _text(inner, name, form=form, path=(*path, part), maximum=maximum)


def _check_allowed_mentions(value: object, *, form: FormErrors) -> None:
    path: Path = ("allowed_mentions",)
    if not isinstance(value, dict):
        form.add(
            path,
            code="MODEL_TYPE_CONVERT",
            message="Only dictionaries may be used in a ModelType",
        )
        return
    parse = value.get("parse")
    if parse is not None and not isinstance(parse, list):
        form.add(
            (*path, "parse"),
            code="LIST_TYPE_CONVERT",
            message="Only iterables may be used in a ListType",
        )
        parse = []
    for index, kind in enumerate(parse or ()):
        check_choice(
            kind, form=form, path=(*path, "parse", index), among=("roles", "users", "everyone")
        )
    for name in ("users", "roles"):
        ids = value.get(name)
        if ids is None:
            continue
        if not isinstance(ids, list) or len(ids) > limits.MENTIONED_IDS:
            form.add(
                (*path, name),
                code="BASE_TYPE_BAD_LENGTH",
                message=f"Must be between 0 and {limits.MENTIONED_IDS} in length.",
            )
        elif ids and name in (parse or ()):
            form.add(
                path,
                code="MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                message=f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.',
            )


def check_callback(body: JsonObject, *, allowed: set[CallbackType]) -> CallbackType:
    """Refuses a callback that Discord would refuse; otherwise says which kind it is."""
    check_unicode(body)
    with checked_form() as form:
        check_choice(body.get("type"), form=form, path=("type",), among=sorted(map(int, allowed)))
    kind = CallbackType(body["type"])
    data = body.get("data")
    if data is not None and not isinstance(data, dict):
        with checked_form() as form:
            form.add(
                ("data",),
                code="MODEL_TYPE_CONVERT",
                message="Only dictionaries may be used in a ModelType",
            )
    _check_callback_data(kind, data or {})
    return kind


def _check_callback_data(kind: CallbackType, data: JsonObject) -> None:
    match kind:
        case CallbackType.MESSAGE:
            check_message(data, flags=flags_of(data))
            check_not_empty(data)
        case CallbackType.UPDATE_MESSAGE:
            check_message(data, flags=flags_of(data))
        case CallbackType.DEFERRED_MESSAGE:
            with checked_form() as form:
                if flags_of(data) & ~MessageFlag.EPHEMERAL:
                    form.add(
                        ("data", "flags"),
                        code="INTERACTION_RESPONSE_FLAGS_INVALID",
                        message="A deferred response can only have the EPHEMERAL flag",
                    )
        case CallbackType.AUTOCOMPLETE:
            with checked_form() as form:
                _check_choices(data.get("choices"), form=form)
        case CallbackType.MODAL:
            with checked_form() as form:
                check_modal(data, form=form)


def _check_choices(value: object, *, form: FormErrors) -> None:
    path: Path = ("data", "choices")
    if value is None:
        form.required(path)
    choices = check_objects(value, form=form, path=path, maximum=limits.CHOICES)
    for index, choice in enumerate(choices):
        check_text(
            choice.get("name"),
            form=form,
            path=(*path, index, "name"),
            minimum=1,
            maximum=limits.CHOICE_TEXT,
        )
        if isinstance(choice.get("value"), str):
            check_text(
                choice["value"],
                form=form,
                path=(*path, index, "value"),
                maximum=limits.CHOICE_TEXT,
            )
        elif choice.get("value") is None:
            form.required((*path, index, "value"))
