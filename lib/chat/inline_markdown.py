"""What stands within a line of a model's Markdown, as Discord renders it: tags, pictures, formulas.

Every pattern is bounded, so that no text takes longer than its length allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_BACKTICKS: Final = re.compile(r"`+")
_PRIVATE_USE: Final = range(0xE000, 0xF900)

_TAGS: Final[Mapping[str, tuple[str, str]]] = {
    "br": ("\n", "\n"),
    "hr": ("\n\n", "\n\n"),
    "p": ("", "\n"),
    "b": ("**", "**"),
    "strong": ("**", "**"),
    "i": ("*", "*"),
    "em": ("*", "*"),
    "u": ("__", "__"),
    "s": ("~~", "~~"),
    "del": ("~~", "~~"),
    "kbd": ("`", "`"),
    "code": ("`", "`"),
    "li": ("- ", ""),
    "sup": ("^", ""),
    **dict.fromkeys(
        ("details", "div", "span", "center", "sub", "ul", "ol", "small", "font"), ("", "")
    ),
}
"""What stands for the tags that Discord would show as they are: for the first and the last."""
_TAG: Final = re.compile(rf"<(/?)({'|'.join(_TAGS)})(?:\s[^<>\n]{{0,300}})?/?>", re.IGNORECASE)
_ANY_TAG: Final = re.compile(r"<[^<>\n]{1,300}>|\*\*")
_SUMMARY: Final = re.compile(r"<summary>([^\n]{0,300}?)</summary>", re.IGNORECASE)
_COMMENT: Final = re.compile(r"<!--(?:[^\n<]|<(?!!--)){0,1000}?-->")
_ANCHOR: Final = re.compile(
    r"<a\s[^<>\n]{0,100}?href=[\"']([^\"'<>\s]{1,500})[\"'][^<>\n]{0,100}>([^<>\n]{1,300})</a>",
    re.IGNORECASE,
)
_LINKED_IMAGE: Final = re.compile(
    r"\[!\[([^\[\]\n]{0,200})\]\([^()\n]{0,500}\)\]\(([^()\s]{1,500})\)"
)
_IMAGE: Final = re.compile(r"!\[([^\[\]\n]{0,200})\]\(([^()\s]{1,500})((?:\s[^()\n]{0,100})?)\)")
_FOOTNOTE: Final = re.compile(r"\[\^([\w\-]{1,30})\]")
_FORMULAS: Final = (
    re.compile(r"\$\$([^$\n]{1,400})\$\$"),
    re.compile(r"\\\(((?:[^\\\n]|\\[^()\n]){1,400}?)\\\)"),
    re.compile(r"\\\[((?:[^\\\n]|\\[^\[\]\n]){1,400}?)\\\]"),
    # Between single dollars only what has a command: "$5 and $10" are prices.
    re.compile(
        r"(?<![\w$\\])\$(?=[^\s$])(?=[^$\n]{0,200}\\[a-zA-Z])([^$\n]{1,200})(?<=\S)\$(?![\w$])"
    ),
)


class Hidden:
    """A paragraph with its inline code taken out, so that nothing touches it."""

    def __init__(self, text: str) -> None:
        self._codes: list[str] = []
        self._mark = next((mark for mark in map(chr, _PRIVATE_USE) if mark not in text), "")
        parts: list[str] = []
        end = 0
        for start, stop in inline_codes(text) if self._mark else ():
            parts += [text[end:start], self._mark, str(len(self._codes)), self._mark]
            self._codes.append(text[start:stop])
            end = stop
        self.text = "".join((*parts, text[end:]))

    def shown(self, text: str) -> str:
        """`text`, which was made of this one's, with the code where it was."""
        if not self._codes:
            return text
        return re.sub(
            f"{self._mark}(\\d+){self._mark}", lambda match: self._codes[int(match[1])], text
        )

    def holds_code(self, text: str) -> bool:
        """Whether there is code in `text`, which was made of this one's."""
        return bool(self._codes) and self._mark in text


def inline_codes(text: str, begin: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where inline code is: from a run of backticks to the next one that is as long."""
    end = len(text) if end is None else end
    runs = [match.span() for match in _BACKTICKS.finditer(text, begin, end)]
    partners: list[int | None] = []
    nearest: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        size = runs[number][1] - runs[number][0]
        partners.append(nearest.get(size))
        nearest[size] = number
    partners.reverse()
    number = 0
    while number < len(runs):
        partner = partners[number]
        if partner is None:
            number += 1
            continue
        yield runs[number][0], runs[partner][1]
        number = partner + 1


def without_tags(text: str) -> str:
    """`text` with Markdown for the HTML tags that models write."""
    if "<" not in text:
        return text
    text = _COMMENT.sub("", text)
    text = _SUMMARY.sub(lambda match: f"**{_ANY_TAG.sub('', match[1]).strip()}**", text)
    text = _ANCHOR.sub(r"[\2](\1)", text)
    return _TAG.sub(lambda match: _TAGS[match[2].lower()][bool(match[1])], text)


def with_links_and_code(text: str, hidden: Hidden) -> str:
    """`text` with links for pictures, code for formulas, and notes that can be read."""
    if "![" in text:
        text = _LINKED_IMAGE.sub(lambda match: f"[{match[1] or match[2]}]({match[2]})", text)
        text = _IMAGE.sub(_link, text)
    if "[^" in text:
        text = _FOOTNOTE.sub(r"[\1]", text)
    if "$" in text or "\\" in text:
        for formula in _FORMULAS:
            text = formula.sub(lambda match: _code(match, hidden), text)
    return text


def _link(match: re.Match[str]) -> str:
    name, address, title = match.groups()
    return f"[{name}]({address}{title})" if name.strip() else address


def _code(match: re.Match[str], hidden: Hidden) -> str:
    formula = match[1].strip()
    if not formula or "`" in formula or hidden.holds_code(formula):
        return match[0]
    return f"`{formula}`"
