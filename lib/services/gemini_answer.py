"""A streamed Gemini answer, read piece by piece: its text, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lib.ports import ChatModelError, ChatModelFailure, CompletionChunk, FinishReason, Usage
from lib.services.model_counts import within_bounds

if TYPE_CHECKING:
    from google.genai.types import (
        Candidate,
        GenerateContentResponse,
        GenerateContentResponseUsageMetadata,
    )

# https://ai.google.dev/api/generate-content#FinishReason
_BLOCKED: Final = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
        "ESCALATION",
        "PUP_LIMITED_DISABLED",
    }
)
# CONTINUATION: the request's limit is reached, and a further request could go on from there.
_OUT_OF_TOKENS: Final = frozenset({"MAX_TOKENS", "CONTINUATION"})


@dataclass(slots=True)
class GeminiAnswer:
    """What has arrived of one answer."""

    usage: Usage | None = None
    _has_text: bool = False
    _finish: str | None = None
    _blocked_prompt: str | None = None

    @property
    def whole(self) -> bool:
        """Whether the provider has said how it ended; nothing of worth follows that."""
        return self._finish is not None or self._blocked_prompt is not None

    def take(self, response: GenerateContentResponse) -> str:
        """The text that `response` adds, without the model's thoughts; often none."""
        if response.usage_metadata:
            self.usage = _usage(response.usage_metadata)
        if response.prompt_feedback and response.prompt_feedback.block_reason:
            self._blocked_prompt = response.prompt_feedback.block_reason.value
        if not response.candidates:
            return ""
        candidate = response.candidates[0]
        if candidate.finish_reason:
            self._finish = candidate.finish_reason.value
        text = _spoken_text(candidate)
        # A message of blanks alone is one that Discord refuses.
        self._has_text = self._has_text or not (text == "" or text.isspace())
        return text

    def closing_chunk(self) -> CompletionChunk:
        """The chunk that ends a good answer. Raises ChatModelError for any other."""
        if self._blocked_prompt is not None:
            raise self._failed(ChatModelFailure.BLOCKED, f"prompt: {self._blocked_prompt}")
        if self._finish is None:
            # Too little came, though the connection was closed in good order.
            raise self._failed(ChatModelFailure.UNREACHABLE, "the stream ended too early")
        if self._finish in _BLOCKED:
            raise self._failed(ChatModelFailure.BLOCKED, f"answer: {self._finish}")
        if not self._has_text:
            out_of_tokens = self._finish in _OUT_OF_TOKENS
            failure = ChatModelFailure.CUT_OFF if out_of_tokens else ChatModelFailure.EMPTY
            raise self._failed(failure, f"no text, finish reason {self._finish}")
        return CompletionChunk(usage=self.usage, finish=_finish_reason(self._finish))

    def _failed(self, failure: ChatModelFailure, detail: str) -> ChatModelError:
        return ChatModelError(failure, detail, usage=self.usage)


def _finish_reason(name: str) -> FinishReason:
    """Ours for Gemini's, of which there are new ones now and then."""
    if name == "STOP":
        return FinishReason.STOP
    return FinishReason.MAX_TOKENS if name in _OUT_OF_TOKENS else FinishReason.OTHER


def _spoken_text(candidate: Candidate) -> str:
    # The SDK's own `.text` logs a warning for parts of other kinds.
    parts = (candidate.content and candidate.content.parts) or []
    return "".join(part.text for part in parts if part.text and not part.thought)


def _usage(counts: GenerateContentResponseUsageMetadata) -> Usage:
    """Thinking is billed as output, what tools put into the prompt as input.

    The counts of a piece are the call's so far. The total is the provider's, where it says one.
    """
    prompt = (counts.prompt_token_count or 0) + (counts.tool_use_prompt_token_count or 0)
    completion = (counts.candidates_token_count or 0) + (counts.thoughts_token_count or 0)
    return within_bounds(
        Usage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=counts.total_token_count or prompt + completion,
            cached_tokens=counts.cached_content_token_count or 0,
            audio_tokens=sum(
                detail.token_count or 0
                for detail in counts.prompt_tokens_details or []
                if detail.modality and detail.modality.value == "AUDIO"
            ),
        )
    )
