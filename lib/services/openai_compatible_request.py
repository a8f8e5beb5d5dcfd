"""A conversation as OpenAI's chat completions want it, and what their dialects do not know."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from lib.ports import ChatModelError, ChatModelFailure, Media, MediaKind, Role, Turn
from lib.services.model_failures import well_formed

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionContentPartParam, ChatCompletionMessageParam

_OPENAIS_OWN: Final = ("openai.com", "openai.azure.com")
# https://platform.openai.com/docs/guides/audio: the two that a message can carry.
_WAV: Final = frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"})
_MP3: Final = frozenset({"audio/mpeg", "audio/mp3"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an endpoint understands.

    `knows_max_tokens_only`: the bound on an answer bears the name it had at first. OpenAI's newer
    models refuse that name, many other servers know no other and silently ignore the newer one; so
    the address decides, and the server's own refusal after it. `counts`: it can be asked for the
    counts of a streamed answer.
    """

    knows_max_tokens_only: bool
    counts: bool = True
    _has_changed_names: bool = False

    @classmethod
    def of(cls, base_url: str) -> Self:
        """What one may expect behind that address."""
        host = f".{urlsplit(base_url).hostname or ''}"
        return cls(
            knows_max_tokens_only=not host.endswith(tuple(f".{own}" for own in _OPENAIS_OWN))
        )

    def without(self, refused: Collection[str]) -> Dialect | None:
        """What to try once these parameters were refused; None: nothing that was not tried."""
        if "stream_options" in refused and self.counts:
            return replace(self, counts=False)
        name = "max_tokens" if self.knows_max_tokens_only else "max_completion_tokens"
        if name in refused and not self._has_changed_names:
            return replace(
                self,
                knows_max_tokens_only=not self.knows_max_tokens_only,
                _has_changed_names=True,
            )
        return None


def messages_of(
    turns: Sequence[Turn], *, system_instruction: str
) -> list[ChatCompletionMessageParam]:
    """The conversation, the system's words first.

    Raises ChatModelError(REFUSED_REQUEST) for a file that the protocol cannot carry.
    """
    messages: list[ChatCompletionMessageParam] = []
    if system_instruction:
        # Newer models call it "developer" and take this name as well; the others know no other.
        messages.append({"role": "system", "content": system_instruction})
    for turn in turns:
        text = well_formed(turn.text)
        if turn.role is Role.MODEL:
            messages.append({"role": "assistant", "content": text})
        elif not turn.media:
            # A plain string, which even servers without media understand.
            messages.append({"role": "user", "content": text})
        else:
            messages.append({"role": "user", "content": list(_parts(text, turn.media))})
    return messages


def _parts(text: str, media: Sequence[Media]) -> Iterator[ChatCompletionContentPartParam]:
    yield from map(_part, media)
    if text:
        yield {"type": "text", "text": text}


def _part(media: Media) -> ChatCompletionContentPartParam:
    encoded = base64.b64encode(media.content).decode()
    address = f"data:{media.content_type};base64,{encoded}"
    match media.kind:
        case MediaKind.IMAGE:
            return {"type": "image_url", "image_url": {"url": address}}
        case MediaKind.PDF:
            name = well_formed(media.name)
            return {"type": "file", "file": {"filename": name, "file_data": address}}
        case MediaKind.AUDIO if media.content_type in _WAV:
            return {"type": "input_audio", "input_audio": {"data": encoded, "format": "wav"}}
        case MediaKind.AUDIO if media.content_type in _MP3:
            return {"type": "input_audio", "input_audio": {"data": encoded, "format": "mp3"}}
        case _:
            raise ChatModelError(
                ChatModelFailure.REFUSED_REQUEST,
                f"the protocol carries no {media.kind} of this type; nothing was sent",
            )
