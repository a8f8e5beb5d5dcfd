"""A look at every answer while it grows: does it give away the system instruction, or a key?

Models are told not to, and most keep to it; this is for when one does not. It finds what is said
word for word, however it is dressed: other case, Markdown, invisible characters, spaces between
the letters, backwards, in base64, hexadecimal or ROT13. It cannot find a paraphrase.
"""

from __future__ import annotations

import base64
import codecs
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from lib.chat.characters import sound
from lib.chat.instruction import INTRODUCTION
from lib.chat.quoting import without_quoted

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
SHORTEST_KEY: Final = 8
SHORTEST_WORDY_KEY: Final = 12
"""Shorter ones, of letters alone, would be found in answers that know nothing of them."""
LONGEST_END: Final = 24
"""The last characters of a longer key give it away as well; its beginning is often no secret."""


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
        guilds = guild_instruction.strip()
        ours = without_quoted(instruction).replace(INTRODUCTION, "")
        if guilds:
            ours = ours.replace(guilds, "\n")
        self._ours = frozenset[str]().union(*_disguised(sound(ours)))
        self._guilds = [
            runs for runs in _disguised(sound(guilds)) if len(runs) >= FEWEST_RUNS_OF_A_GUILD
        ]
        self._known = self._ours.union(*self._guilds)
        self._keys = frozenset(key for secret in secrets for key in _keys(secret))
        self._overlap = max((RUN, DENSE_RUN, *map(len, self._keys))) - 1
        self._seen = ""
        self._tail = ""
        self._found: set[str] = set()
        self._leaks = False

    def leaks(self, text: str) -> bool:
        """Whether `text` gives something away. Called with the whole of a growing text, it reads
        only what is new; a text that does not begin with the one before is read anew.
        """
        if not text.startswith(self._seen):
            self._seen, self._tail, self._leaks = "", "", False
            self._found.clear()
        if not self._leaks:
            letters = self._tail + _letters(text[len(self._seen) :])
            self._leaks = self._finds(letters)
            self._tail = letters[-self._overlap :]
        self._seen = text
        return self._leaks

    def _finds(self, letters: str) -> bool:
        if self._known:
            for size in (RUN, DENSE_RUN):
                for start in range(len(letters) - size + 1):
                    if (run := letters[start : start + size]) in self._known:
                        self._found.add(run)
        return (
            not self._ours.isdisjoint(self._found)
            or any(len(runs & self._found) > len(runs) * MOST_OF_A_GUILDS for runs in self._guilds)
            or any(key in letters for key in self._keys)
        )


def _letters(text: str) -> str:
    """The letters and digits of `text` in one case, without accents: what is left of it when
    nothing is that could disguise it. Made character by character, so that it can be continued.
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def _disguised(text: str) -> list[frozenset[str]]:
    """The runs of `text` in each disguise. Whatever part of it is a little longer holds one."""
    plain = _letters(text)
    disguises = (plain, plain[::-1], codecs.encode(plain, "rot13"), *_encoded(text.encode()))
    found = [
        frozenset(
            letters[start : start + RUN] for start in range(0, len(letters) - RUN + 1, STRIDE)
        )
        for letters in disguises
    ]
    return [*found, frozenset(_dense_runs(plain))]


def _dense_runs(letters: str) -> Iterator[str]:
    for start in range(0, len(letters) - DENSE_RUN + 1, DENSE_STRIDE):
        run = letters[start : start + DENSE_RUN]
        if sum(not character.isascii() for character in run) > DENSE_RUN / 2:
            yield run


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
