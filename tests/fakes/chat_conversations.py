"""The conversations of the chat store in memory, with the rules that the SQL keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from lib.ports import Answer, ChatPlace, Clock, ConversationKind, Question, Reservation
from tests.fakes.chat_rows import Conversation, KeptExchange

SUMMARY_CLAIM: Final = timedelta(minutes=10)
OVERTAKEN: Final = 0
MOST_SUMMED_UP: Final = 200
MOST_TOKENS_SUMMED_UP: Final = 12_000


class MemoryConversations:
    """Conversations and their exchanges, for tests to look at, and to fill."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_place = 0
        self.conversations: dict[UUID, Conversation] = {}
        self.exchanges: dict[UUID, KeptExchange] = {}

    def find(self, place: ChatPlace, kind: ConversationKind) -> Conversation | None:
        """The conversation of that kind there."""
        user_id = None if kind is ConversationKind.SHARED else place.user_id
        for each in self.conversations.values():
            if (each.channel_id, each.kind, each.user_id) == (place.channel_id, kind, user_id):
                return each
        return None

    def of(self, conversation: Conversation | None) -> list[KeptExchange]:
        """Its exchanges, those without an answer included, in order."""
        return [each for each in self.exchanges.values() if each.conversation is conversation]

    def whole(self, exchange_id: UUID | None) -> KeptExchange | None:
        """The exchange of that id, if it has an answer."""
        exchange = None if exchange_id is None else self.exchanges.get(exchange_id)
        return None if exchange is None or exchange.answer is None else exchange

    def keep_question(self, reservation: Reservation, question: Question) -> None:
        """Begin an exchange; the conversation, too, where it is the first."""
        if question.exchange_id in self.exchanges:
            return
        place, kind = reservation.place, reservation.kind
        conversation = self.find(place, kind)
        if conversation is None:
            conversation = Conversation(
                id=uuid4(),
                guild_id=place.guild_id,
                channel_id=place.channel_id,
                kind=kind,
                user_id=None if kind is ConversationKind.SHARED else place.user_id,
            )
            self.conversations[conversation.id] = conversation
        self._last_place += 1
        self.exchanges[question.exchange_id] = KeptExchange(
            id=question.exchange_id,
            conversation=conversation,
            place=self._last_place,
            author_id=place.user_id,
            author_name=question.author_name,
            question=question.text,
            question_tokens=question.tokens,
            asked_at=self._clock.now(),
            attachments=tuple(question.attachments),
            quoted_author_id=question.quoted_author_id,
        )

    def keep_answer(self, answer: Answer) -> None:
        """Answer a question, anew perhaps; one that was forgotten stays so."""
        exchange = self.exchanges.get(answer.exchange_id)
        if exchange is None:
            return
        self._withdraw_from_summary(exchange)
        exchange.answer, exchange.answer_tokens = answer.text, answer.tokens
        exchange.model = answer.model
        exchange.message_ids = tuple(dict.fromkeys((*exchange.message_ids, *answer.message_ids)))

    def drop_question(self, exchange_id: UUID | None) -> None:
        """Delete a question that will have no answer."""
        exchange = None if exchange_id is None else self.exchanges.get(exchange_id)
        if exchange is not None and exchange.answer is None:
            del self.exchanges[exchange.id]

    def begin_summary(
        self,
        conversation_id: UUID,
        places: tuple[int, int],
        is_under_way: Callable[[KeptExchange], bool],
    ) -> Sequence[KeptExchange]:
        """Claim what is after the first place, through the second; the oldest of it, to sum up."""
        covered = whole_ones(self._covered(conversation_id, places, is_under_way) or [])
        if not covered:
            return ()
        now, conversation = self._clock.now(), self.conversations[conversation_id]
        claimed_until = conversation.summary_claimed_until
        if claimed_until is not None and claimed_until > now:
            return ()
        conversation.summary_claimed_until = now + SUMMARY_CLAIM
        conversation.summary_claimed_through = places[1]
        return _oldest(covered[:MOST_SUMMED_UP])

    def save_summary(
        self,
        conversation_id: UUID,
        summary: str,
        places: tuple[int, int],
        is_under_way: Callable[[KeptExchange], bool],
    ) -> bool:
        """Keep a summary of what is after the first place, through the second."""
        covered = self._covered(conversation_id, places, is_under_way)
        if covered is None:
            return False
        conversation = self.conversations[conversation_id]
        is_overtaken = conversation.summary_claimed_through == OVERTAKEN
        conversation.summary_claimed_until = conversation.summary_claimed_through = None
        if is_overtaken:
            return False
        conversation.summary = summary
        conversation.summarised_through = places[1]
        for each in covered:
            authors = (each.author_id, each.quoted_author_id)
            conversation.summary_authors |= {author for author in authors if author is not None}
        return True

    def _covered(
        self,
        conversation_id: UUID,
        places: tuple[int, int],
        is_under_way: Callable[[KeptExchange], bool],
    ) -> list[KeptExchange] | None:
        """What is there to sum up; None: it may not be."""
        since, through = places
        conversation = self.conversations.get(conversation_id)
        if conversation is None or conversation.summarised_through != since or through <= since:
            return None
        covered = [each for each in self.of(conversation) if since < each.place <= through]
        return None if any(is_under_way(each) for each in covered) else covered

    def forget(self, place: ChatPlace, *, everybody: bool) -> int:
        """How many exchanges went."""
        gone = 0
        for conversation in list(self.conversations.values()):
            if conversation.channel_id != place.channel_id:
                continue
            is_private = conversation.kind is ConversationKind.PRIVATE
            if conversation.user_id == place.user_id or (everybody and not is_private):
                gone += self._delete(self.of(conversation))
                del self.conversations[conversation.id]
            else:
                gone += self._delete_author(conversation, place.user_id)
        return gone

    def delete_exchange(self, exchange: KeptExchange) -> None:
        """Delete it, and the summary that it is in."""
        self._withdraw_from_summary(exchange)
        del self.exchanges[exchange.id]

    def delete_user(self, user_id: str) -> dict[str, int]:
        """Delete what a user said and what was said to them; how many rows went, by table."""
        messages = 2 * sum(
            self._delete_author(conversation, user_id, quoted=True)
            for conversation in self.conversations.values()
        )
        own = [each.id for each in self.conversations.values() if each.user_id == user_id]
        for conversation_id in own:
            del self.conversations[conversation_id]
        return {"messages": messages, "conversations": len(own)}

    def _delete_author(
        self, conversation: Conversation, user_id: str, *, quoted: bool = False
    ) -> int:
        theirs = [
            each
            for each in self.of(conversation)
            if each.author_id == user_id or (quoted and each.quoted_author_id == user_id)
        ]
        if theirs or user_id in conversation.summary_authors:
            self._blank(conversation)
        return self._delete(theirs)

    def _delete(self, exchanges: Iterable[KeptExchange]) -> int:
        gone = list(exchanges)
        for exchange in gone:
            del self.exchanges[exchange.id]
        return len(whole_ones(gone))

    def _withdraw_from_summary(self, exchange: KeptExchange) -> None:
        """Have no summary tell of what it is now: not that one, nor one that is being written."""
        conversation = exchange.conversation
        if exchange.place <= conversation.summarised_through:
            self._blank(conversation)
        elif exchange.place <= (conversation.summary_claimed_through or 0):
            conversation.summary_claimed_through = OVERTAKEN

    def _blank(self, conversation: Conversation) -> None:
        """Take the summary away, and have one that is being written refused."""
        self._last_place += 1
        conversation.summary = ""
        conversation.summarised_through = -self._last_place
        conversation.summary_authors = set()
        conversation.summary_claimed_until = conversation.summary_claimed_through = None


def whole_ones(exchanges: Sequence[KeptExchange]) -> list[KeptExchange]:
    """Those that have an answer."""
    return [each for each in exchanges if each.answer is not None]


def _oldest(exchanges: Sequence[KeptExchange]) -> Sequence[KeptExchange]:
    """As many of the oldest as one summary may be made of, and one in any case."""
    tokens = 0
    for number, each in enumerate(exchanges):
        tokens += each.tokens
        if number and tokens > MOST_TOKENS_SUMMED_UP:
            return exchanges[:number]
    return exchanges
