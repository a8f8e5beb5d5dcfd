"""A streamed chat completion, read piece by piece: its text, or the reason why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lib.ports import ChatModelError, ChatModelFailure, CompletionChunk, FinishReason, Usage
from lib.services.model_counts import within_bounds

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk

# https://platform.openai.com/docs/api-reference/chat-streaming
_FINISHES: Final = {"stop": FinishReason.STOP, "length": FinishReason.MAX_TOKENS}
# The first is OpenRouter's, the second DeepSeek's.
_BROKE_OFF: Final = frozenset({"error", "insufficient_system_resource"})
_REASON: Final = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+){0,5}")
_LONGEST_REASON: Final = 40


@dataclass(slots=True)
class OpenAICompatibleAnswer:
    """What has arrived of one answer."""

    usage: Usage | None = None
    _has_text: bool = False
    _has_refusal: bool = False
    _finish: str | None = None

    @property
    def whole(self) -> bool:
        """Whether the provider has said how it ended; only the counts may follow that."""
        return self._finish is not None

    def take(self, chunk: ChatCompletionChunk) -> str:
        """The text that `chunk` adds, without the model's thoughts; often none.

        May raise anything for a chunk of another shape, which the SDK lets through.
        """
        if chunk.usage:
            self.usage = _usage(chunk.usage)
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        if choice.finish_reason:
            self._finish = str(choice.finish_reason)
        delta: object = choice.delta  # which the last one may lack
        self._has_refusal = self._has_refusal or bool(getattr(delta, "refusal", None))
        text = _spoken_text(getattr(delta, "content", None))
        # A message of blanks alone is one that Discord refuses.
        self._has_text = self._has_text or not (text == "" or text.isspace())
        return text

    def closing_chunk(self) -> CompletionChunk:
        """The chunk that ends a good answer. Raises ChatModelError for any other."""
        if self._finish is None:
            # Too little came, though the connection was closed in good order.
            raise self._failed(ChatModelFailure.UNREACHABLE, "the stream ended too early")
        if self._has_refusal:
            raise self._failed(ChatModelFailure.BLOCKED, "answer: refusal")
        reason = _told(self._finish)
        if self._finish == "content_filter":
            raise self._failed(ChatModelFailure.BLOCKED, f"answer: {reason}")
        if self._finish in _BROKE_OFF:
            raise self._failed(ChatModelFailure.OVERLOADED, f"finish reason {reason}")
        finish = _FINISHES.get(self._finish, FinishReason.OTHER)
        if not self._has_text:
            out_of_tokens = finish is FinishReason.MAX_TOKENS
            failure = ChatModelFailure.CUT_OFF if out_of_tokens else ChatModelFailure.EMPTY
            raise self._failed(failure, f"no text, finish reason {reason}")
        return CompletionChunk(usage=self.usage, finish=finish)

    def _failed(self, failure: ChatModelFailure, detail: str) -> ChatModelError:
        return ChatModelError(failure, detail, usage=self.usage)


def _told(reason: str) -> str:
    """The reason as it may be logged: a word, whatever else a server may put there."""
    is_word = len(reason) <= _LONGEST_REASON and _REASON.fullmatch(reason)
    return reason if is_word else "unknown"


def _spoken_text(content: object) -> str:
    """A string, or with some thinking models a list of parts, of which those named text count."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
        return "".join(_spoken_text(part.get("text")) for part in parts)
    return content if isinstance(content, str) else ""


def _usage(counts: object) -> Usage:
    """The counts as they stand on the last chunk, or with some servers on each.

    OpenAI counts thinking among the completion's tokens. Others (xAI, Google) have it in the total
    alone; whatever the total holds beside the prompt was generated.
    """
    prompt = _count(counts, "prompt_tokens")
    completion = _count(counts, "completion_tokens")
    total = _count(counts, "total_tokens") or prompt + completion
    details = getattr(counts, "prompt_tokens_details", None)
    return within_bounds(
        Usage(
            prompt_tokens=prompt,
            completion_tokens=max(completion, total - prompt),
            total_tokens=total,
            cached_tokens=_count(details, "cached_tokens"),
            audio_tokens=_count(details, "audio_tokens"),
        )
    )


def _count(counts: object, name: str) -> int:
    found = getattr(counts, name, None)
    if found is None:
        return 0
    if not isinstance(found, int):
        raise TypeError("a count is no whole number")
    return max(0, found)
