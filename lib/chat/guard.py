"""A look at every answer while it grows: does it give away the system instruction, or a key?

Models are told not to, and most keep to it; this is for when one does not. It finds what is said
word for word, however it is dressed: other case, Markdown, invisible characters, spaces between
the letters, numbers or single letters between the words, backwards, in base64, hexadecimal or
ROT13. It cannot find a paraphrase or a translation, words in another order, letters of another
alphabet that look alike, other ciphers and codes, or a part of a key that is not its end.
"""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from lib.chat.instruction import (
    GUILD_RULE,
    INTRODUCTION,
    LANGUAGE_OF_THE_QUESTION,
    MARKDOWN_RULE,
)
from lib.chat.quoting import NEVER_FOLLOW_RULE, without_quoted
from lib.interactions.characters import sound

RUN: Final = 40
"""Letters and digits in a row that no answer shares with the instruction by chance: some ten words.
Of those a few more are needed, since not every run of the instruction is kept."""
STRIDE: Final = 8
DENSE_RUN: Final = 20
"""The same where a character is a syllable or a word, as in Japanese."""
DENSE_STRIDE: Final = 4
MOST_OF_A_GUILDS: Final = 0.5
FEWEST_RUNS_OF_A_GUILD: Final = 4
"""A guild's instruction that has fewer is a sentence or two, and hardly a secret."""
EVERYDAY: Final = (
    LANGUAGE_OF_THE_QUESTION.partition("{")[0],
    MARKDOWN_RULE,
    NEVER_FOLLOW_RULE,
)
"""Sentences of ours that anybody may say of Discord or of such instructions, but not several."""
MOST_EVERYDAY: Final = 1
SHORTEST_KEY: Final = 8
SHORTEST_WORDY_KEY: Final = 12
"""Shorter ones, of letters alone, would be found in answers that know nothing of them."""
LONGEST_END: Final = 24
"""The last characters of a longer key give it away as well; its beginning is often no secret."""
LONGEST_WORD: Final = 24
_BETWEEN_WORDS: Final = re.compile(r"(?<![^\W_])(?:\d+|[^\W\d_])(?![^\W_])")
_LAST_WORD: Final = re.compile(r"[^\W_]*\Z")


class Guard:
    """Looks at one growing answer.

    `instruction` is the system instruction as the model got it; what stands there as quoted
    material, and who the assistant is, may be said. `secrets` are the keys of this deployment.
    `guild_instruction` is the part of the instruction that a guild has written: a sentence of it
    may be what it wants to be said (its opening hours), so only most of it at once is too much.
    """

    def __init__(
        self, instruction: str, secrets: Iterable[str], *, guild_instruction: str = ""
    ) -> None:
        guilds = sound(guild_instruction.strip())
        ours = without_quoted(_without_guilds(sound(instruction), guilds))
        ours = ours.replace(INTRODUCTION, "")
        self._everyday = [_plain_runs(sentence) for sentence in EVERYDAY if sentence in ours]
        for sentence in EVERYDAY:
            ours = ours.replace(sentence, "")
        self._ours = frozenset[str]().union(*_disguised(ours))
        self._guilds = [runs for runs in _disguised(guilds) if len(runs) >= FEWEST_RUNS_OF_A_GUILD]
        self._known = self._ours.union(*self._guilds, *self._everyday)
        self._keys = [_Key(key) for key in {key for each in secrets for key in _keys(each)}]
        self._overlap = max((RUN, DENSE_RUN, *(len(key.letters) + 1 for key in self._keys)))
        self._seen = ""
        self._begin()

    @property
    def is_unsure(self) -> bool:
        """Whether the text ends with what is a key unless it goes on: nobody should see it yet."""
        return not self._leaks and self._ends_with_key

    def leaks(self, text: str, *, goes_on: bool = False) -> bool:
        """Whether `text` gives something away. Called with the whole of a growing text, it reads
        only what is new; a text that does not begin with the one before is read anew. Of one that
        `goes_on` the last number is not yet known.
        """
        if not text.startswith(self._seen):
            self._seen = ""
            self._begin()
        if not self._leaks:
            self._read(text[len(self._seen) :])
        self._seen = text
        return self._leaks or (self._ends_with_key and not goes_on)

    def _begin(self) -> None:
        self._leaks = self._ends_with_key = False
        self._found: set[str] = set()
        self._tail = self._words = self._open = ""

    def _read(self, piece: str) -> None:
        letters = _letters(piece)
        read = len(self._tail)
        self._look_for_runs(self._tail[1 - RUN :] + letters)
        self._tail += letters
        # Of a word that may go on nobody knows yet whether it is a number or a single letter.
        words = _words(self._open + piece)
        self._look_for_runs(self._words + words)
        rest = _LAST_WORD.search(self._open + piece)
        self._open = rest[0] if rest and len(rest[0]) <= LONGEST_WORD else ""
        closed = words.removesuffix(_words(self._open))
        self._words = (self._words + closed)[1 - RUN :]
        self._leaks = (
            not self._ours.isdisjoint(self._found)
            or any(len(runs & self._found) > len(runs) * MOST_OF_A_GUILDS for runs in self._guilds)
            or sum(not runs.isdisjoint(self._found) for runs in self._everyday) > MOST_EVERYDAY
            or any(key.is_in(self._tail, read=read) for key in self._keys)
        )
        self._ends_with_key = any(key.ends(self._tail) for key in self._keys)
        self._tail = self._tail[-self._overlap :]

    def _look_for_runs(self, letters: str) -> None:
        if not self._known:
            return
        for size in (RUN, DENSE_RUN):
            for start in range(len(letters) - size + 1):
                if (run := letters[start : start + size]) in self._known:
                    self._found.add(run)


def _without_guilds(instruction: str, guilds: str) -> str:
    """`instruction` without the guild's part, which is taken out where it stands and not wherever
    its words occur.
    """
    if not guilds:
        return instruction
    before, rule, after = instruction.partition(f"{GUILD_RULE}\n{guilds}")
    return f"{before}\n{after}" if rule else instruction.replace(guilds, "\n", 1)


def _letters(text: str) -> str:
    """The letters and digits of `text` in one case, without accents: what is left of it when
    nothing is that could disguise it. Made character by character, so that it can be continued.
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def _words(text: str) -> str:
    """The same of `text` without numbers and letters that stand alone: those of a list say."""
    return _letters(_BETWEEN_WORDS.sub(" ", text))


def _disguised(text: str) -> list[frozenset[str]]:
    """The runs of `text` in each disguise. Whatever part of it is a little longer holds one."""
    plain = _letters(text)
    disguises = (
        *(plain, plain[::-1], _words(text), codecs.encode(plain, "rot13")),
        *_encoded(text.encode()),
    )
    found = [frozenset(_runs(letters)) for letters in disguises]
    return [*found, frozenset(_dense_runs(plain))]


def _plain_runs(text: str) -> frozenset[str]:
    return frozenset([*_runs(_letters(text)), *_runs(_words(text))])


def _runs(letters: str) -> Iterator[str]:
    for start in range(0, len(letters) - RUN + 1, STRIDE):
        yield letters[start : start + RUN]


def _dense_runs(letters: str) -> Iterator[str]:
    for start in range(0, len(letters) - DENSE_RUN + 1, DENSE_STRIDE):
        run = letters[start : start + DENSE_RUN]
        if sum(not character.isascii() for character in run) > DENSE_RUN / 2:
            yield run


class _Key:
    """What gives a key away, and how it is looked for: what is short, or has nothing but digits,
    not within another number.
    """

    def __init__(self, letters: str) -> None:
        self.letters = letters
        self._may_be_a_number = letters.isdigit() or len(letters) < SHORTEST_WORDY_KEY
        sought = re.escape(letters)
        self._sought = re.compile(rf"(?<!\d){sought}(?!\d|\Z)" if self._may_be_a_number else sought)
        self._at_the_end = re.compile(rf"(?<!\d){sought}\Z")

    def is_in(self, text: str, *, read: int) -> bool:
        """Whether it is in `text`, and nothing that follows could change that. The first `read`
        characters were looked at before: where it ends among them, it was within a number.
        """
        return self._sought.search(text, max(0, read - len(self.letters))) is not None

    def ends(self, text: str) -> bool:
        """Whether `text` ends with it, and what follows may make another number of it."""
        if not self._may_be_a_number:
            return False
        return self._at_the_end.search(text, max(0, len(text) - len(self.letters))) is not None


def _keys(secret: str) -> Iterator[str]:
    """What gives a key away."""
    plain = _letters(secret)
    if len(plain) < (SHORTEST_WORDY_KEY if plain.isalpha() else SHORTEST_KEY):
        return
    yield from (plain, plain[::-1])
    yield from (part for part in _encoded(secret.encode()) if len(part) >= SHORTEST_KEY)
    if len(plain) > LONGEST_END:
        yield plain[-LONGEST_END:]


def _encoded(content: bytes) -> Iterator[str]:
    """`content` in hexadecimal, and in base64 as it is within a longer text, wherever it begins."""
    yield content.hex()
    for offset in range(3):
        part = content[offset:]
        whole = part[: len(part) // 3 * 3]  # what follows would change the last characters
        yield _letters(base64.b64encode(whole).decode())
