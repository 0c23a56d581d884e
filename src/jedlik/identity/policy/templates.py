"""Texts of a policy in which `${…}` stands for something of the request.

`${aws:username}` is the value of a key, `${aws:PrincipalTag/team, 'none'}` with a default, `${*}`,
`${?}` and `${$}` are the characters themselves. Only policies of version 2012-10-17 have variables;
in older ones the text is what it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec import Struct

from .globs import Part

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_WITH_DEFAULT = re.compile(r"\s*([^,]+?)\s*,\s*'([^']*)'\s*")

Find = Callable[[str], "Sequence[str] | None"]
"""From a condition key in lower case to its values."""


class Variable(NamedTuple):
    """key: in lower case. default: None where there is none."""

    key: str
    default: str | None


class Template(Struct, frozen=True):
    """source: as the policy has it."""

    source: str
    parts: tuple[Part | Variable, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The condition keys that it refers to."""
        return tuple(part.key for part in self.parts if isinstance(part, Variable))

    def resolve(self, find: Find) -> list[Part] | None:
        """The text with its variables replaced; None when one has no value.

        What a variable stands for is literal: a wildcard in a tag matches only itself. A key with
        several values is none that a text could hold.
        """
        found: list[Part] = []
        for part in self.parts:
            if isinstance(part, Part):
                found.append(part)
                continue
            values = find(part.key)
            if values is not None and len(values) == 1:
                found.append(Part(values[0], False))
            elif part.default is not None:
                found.append(Part(part.default, False))
            else:
                return None
        return found


def template(text: str, *, variables: bool) -> Template:
    """variables: whether the policy's version has them."""
    if not variables or "${" not in text:
        return Template(text, (Part(text, True),))
    parts: list[Part | Variable] = []
    at = 0
    for match in _VARIABLE.finditer(text):
        if match.start() > at:
            parts.append(Part(text[at : match.start()], True))
        parts.append(_part(match[1]))
        at = match.end()
    if at < len(text) or not parts:
        parts.append(Part(text[at:], True))
    return Template(text, tuple(parts))


def plain(parts: Sequence[Part]) -> str:
    """The text itself, for operators without wildcards."""
    return "".join(part.text for part in parts)


def _part(inside: str) -> Part | Variable:
    if inside in ("*", "?", "$"):
        return Part(inside, False)
    found = _WITH_DEFAULT.fullmatch(inside)
    if found is not None:
        return Variable(found[1].lower(), found[2])
    return Variable(inside.strip().lower(), None)
