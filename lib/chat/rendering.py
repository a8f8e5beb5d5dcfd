"""A model's Markdown as Discord renders it.

Models write for pages that know all of GitHub's Markdown, HTML and LaTeX besides; Discord knows
bold, lists, headings up to ###, quotes, links and code. What it does not know is written in what
it does. Code blocks and inline code stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lib.chat.inline_markdown import Hidden, with_links_and_code, without_tags
from lib.chat.tables import rendered, table_at

FENCE: Final = "```"
LONGEST_FORMULA: Final = 40
"""Lines within which a formula must end."""
SHORTEST_RULE: Final = 3

_OTHER_FENCE: Final = re.compile(r"\s{0,12}(`{4,}|~{3,})\s*([\w+#.\-]{0,30})[^`\n]*")
_FENCE_INSIDE: Final = "`\u200b``"
"""Three backticks that do not end the block they stand in."""
_DEEP_HEADING: Final = re.compile(r" {0,3}#{4,6}\s+(?=\S)")
_HEADING: Final = re.compile(r" {0,3}(#{1,3})\s+(?=\S)")
_TASK: Final = re.compile(r"(\s*)(?:[-*+]|\d{1,4}[.)])\s+\[([ xX])\]\s+(?=\S)")
_PLUS: Final = re.compile(r"(\s*)\+\s+(?=\S)")
_NOTE: Final = re.compile(r"\[\^([\w\-]{1,30})\]:\s*(?=\S)")
_NO_PARAGRAPH: Final = re.compile(r"\s*(?:[#>|\-*+]|\d+[.)]\s)")
_FORMULA_ENDS: Final = {"$$": "$$", "\\[": "\\]"}


def render(text: str, *, final: bool) -> str:
    """`text` for a message. With `final` False it is still growing: a table at its end, or a line
    that may become something else, stays as it is for now.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(_Rendering(lines, final=final).run())


class _Rendering:
    """One text, line by line."""

    def __init__(self, lines: list[str], *, final: bool) -> None:
        self._lines = lines
        self._final = final
        self._done: list[str] = []

    def run(self) -> list[str]:
        number = 0
        while number < len(self._lines):
            line = self._lines[number]
            if not line.strip():
                self._done.append(line)
                number += 1
            elif (end := self._block_end(number)) is not None:
                number = end
            else:
                end = self._paragraph_end(number)
                self._add_paragraph(number, end)
                number = end
        return self._done

    def _block_end(self, start: int) -> int | None:
        """Copy the code block or formula that begins with the line `start`; None: there is none."""
        line = self._lines[start]
        if fence := _OTHER_FENCE.fullmatch(line):
            return self._copy_other_fence(start, fence[1], fence[2])
        if line.count(FENCE) % 2:
            end = start + 1
            while end < len(self._lines) and not self._lines[end].count(FENCE) % 2:
                end += 1
            self._done += self._lines[start : end + 1]
            return end + 1
        opening = line.strip()
        if closing := _FORMULA_ENDS.get(opening):
            for end in range(start + 1, min(start + LONGEST_FORMULA, len(self._lines))):
                if self._lines[end].strip() == closing:
                    formula = self._lines[start + 1 : end]
                    if any("`" in part for part in formula) or not "".join(formula).strip():
                        return None
                    self._done += [f"{FENCE}latex", *formula, FENCE]
                    return end + 1
        return None

    def _copy_other_fence(self, start: int, fence: str, language: str) -> int:
        """A block whose fence Discord does not know, with one that it does."""
        end = start + 1
        while end < len(self._lines):
            closing = self._lines[end].strip()
            if len(closing) >= len(fence) and not closing.strip(fence[0]):
                break
            end += 1
        inside = self._lines[start + 1 : end]
        self._done.append(FENCE + language)
        self._done += [line.replace(FENCE, _FENCE_INSIDE) for line in inside]
        if end < len(self._lines):
            self._done.append(FENCE)
        return end + 1

    def _paragraph_end(self, start: int) -> int:
        """Up to the next blank line or block."""
        end = start + 1
        while end < len(self._lines) and (line := self._lines[end]).strip():
            if line.count(FENCE) % 2 or _OTHER_FENCE.fullmatch(line):
                break
            if line.strip() in _FORMULA_ENDS:
                break
            end += 1
        return end

    def _add_paragraph(self, start: int, end: int) -> None:
        hidden = Hidden("\n".join(self._lines[start:end]))
        grows = not self._final and end >= len(self._lines) - 1
        lines = hidden.text.split("\n")
        unsettled = not self._final and end == len(self._lines)
        number = 0
        while number < len(lines):
            if found := table_at(lines, number):
                table, size = found
                if grows and number + size == len(lines):
                    self._done += map(hidden.shown, lines[number:])
                    return
                self._done += [
                    part for line in rendered(table, hidden.shown) for part in line.split("\n")
                ]
                number += size
                continue
            last = unsettled and number == len(lines) - 1
            for line in _lines_of(lines[number]):
                self._add_line(line, hidden, settled=not last)
            number += 1

    def _add_line(self, line: str, hidden: Hidden, *, settled: bool) -> None:
        if settled and (level := _underline(line)) and self._underlines(level):
            self._done[-1] = f"{level} {self._done[-1].strip()}"
        elif settled and _is_rule(line):
            if self._done and self._done[-1].strip():
                self._done.append("")
        else:
            self._done.append(hidden.shown(_line(line, hidden)))

    def _underlines(self, level: str) -> bool:
        """Whether the line before is a paragraph of its own, which an underline makes a heading."""
        if not self._done or not self._done[-1].strip() or _NO_PARAGRAPH.match(self._done[-1]):
            return False
        alone = len(self._done) == 1 or not self._done[-2].strip()
        return FENCE not in self._done[-1] and (alone or level == "#")


def _lines_of(line: str) -> Iterator[str]:
    """`line` without tags; what held nothing else is gone."""
    plain = without_tags(line)
    if plain.strip() or not line.strip():
        yield from plain.split("\n")
    elif "\n" in plain:
        yield ""


def _line(line: str, hidden: Hidden) -> str:
    if heading := _DEEP_HEADING.match(line):
        name = _without_closing(line[heading.end() :])
        return f"**{with_links_and_code(name, hidden).replace('**', '')}**"
    if heading := _HEADING.match(line):
        name = _without_closing(line[heading.end() :])
        return f"{heading[1]} {with_links_and_code(name, hidden)}"
    if task := _TASK.match(line):
        line = f"{task[1]}- {'☐' if task[2] == ' ' else '☑'} {line[task.end() :]}"
    elif plus := _PLUS.match(line):
        line = f"{plus[1]}- {line[plus.end() :]}"
    elif note := _NOTE.match(line):
        line = f"-# [{note[1]}] {line[note.end() :]}"
    return with_links_and_code(line, hidden)


def _without_closing(heading: str) -> str:
    """A heading's text without the #s that may close it; those of "C#" stay."""
    heading = heading.rstrip()
    name = heading.rstrip("#")
    return name.rstrip() if name != heading and name.endswith((" ", "\t")) else heading


def _underline(line: str) -> str | None:
    """The level of heading that a line makes of the one before."""
    signs = line.strip()
    if len(signs) < SHORTEST_RULE:
        return None
    if not signs.strip("="):
        return "#"
    return "##" if not signs.strip("-") else None


def _is_rule(line: str) -> bool:
    signs = line.replace(" ", "").strip()
    return len(signs) >= SHORTEST_RULE and signs[0] in "-*_" and not signs.strip(signs[0])
