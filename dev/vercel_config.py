"""What `vercel.json` says about paths, for the local host: its rewrites and its headers.

The local Supabase is no address of supabase.co, so the page is allowed it beside those.

Source: https://vercel.com/docs/project-configuration
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from re import Pattern

POLICY = "Content-Security-Policy"
CONNECT = "connect-src 'self'"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A path that no file has, and the one whose function answers for it."""

    source: Pattern[str]
    destination: str


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """Headers of every answer at the paths that match."""

    source: Pattern[str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PathRules:
    """The rules of one checkout."""

    rewrites: tuple[Rewrite, ...] = ()
    headers: tuple[HeaderRule, ...] = ()

    @classmethod
    def of(cls, root: Path) -> PathRules:
        """Those of `root`'s vercel.json; none, if it has no such file."""
        try:
            config = json.loads((root / "vercel.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        return cls(
            rewrites=tuple(
                Rewrite(_pattern(rule["source"]), rule["destination"])
                for rule in config.get("rewrites", ())
            ),
            headers=tuple(
                HeaderRule(
                    _pattern(rule["source"]),
                    {header["key"]: header["value"] for header in rule["headers"]},
                )
                for rule in config.get("headers", ())
            ),
        )

    def connecting_to(self, address: str) -> PathRules:
        """The same, but that pages may also talk to the server at `address`, by sockets as well."""
        socket = address.replace("http", "ws", 1)

        def widened(rule: HeaderRule) -> HeaderRule:
            policy = rule.headers.get(POLICY)
            if policy is None:
                return rule
            policy = policy.replace(CONNECT, f"{CONNECT} {address} {socket}")
            return replace(rule, headers={**rule.headers, POLICY: policy})

        return replace(self, headers=tuple(map(widened, self.headers)))

    def destination(self, path: str) -> str | None:
        """Where the first rewrite that matches leads."""
        matching = (rule.destination for rule in self.rewrites if rule.source.fullmatch(path))
        return next(matching, None)

    def headers_for(self, path: str) -> dict[str, str]:
        """Every header that an answer at `path` gets; of two with a name, the later rule's."""
        found: dict[str, str] = {}
        for rule in self.headers:
            if rule.source.fullmatch(path):
                found |= rule.headers
        return found


def _pattern(source: str) -> Pattern[str]:
    """A source as Vercel writes it: a path with groups; `:name` is a part, `:name*` the rest."""
    return re.compile(re.sub(r":\w+", "[^/]+", re.sub(r":\w+\*", ".*", source)))
