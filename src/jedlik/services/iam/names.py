"""Checks of names and paths, in the words that IAM itself uses instead of patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_NAME = re.compile(r"[\w+=,.@-]*", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]+/")

Rule = Callable[[dict[str, Any]], str | None]


def named(*members: str) -> Rule:
    """A rule: these members hold only what names may hold."""

    def rule(req: dict[str, Any]) -> str | None:
        for member in members:
            value = req.get(member)
            if isinstance(value, str) and not _NAME.fullmatch(value):
                return (
                    f"The specified value for {member[:1].lower()}{member[1:]} is invalid. It must "
                    "contain only alphanumeric characters and/or the following: +=,.@_-"
                )
        return None

    return rule


def pathed(*members: str) -> Rule:
    """A rule: these members are paths."""

    def rule(req: dict[str, Any]) -> str | None:
        for member in members:
            value = req.get(member)
            if isinstance(value, str) and not _PATH.fullmatch(value):
                return (
                    f"The specified value for {member[:1].lower()}{member[1:]} is invalid. It must "
                    "begin and end with / and contain only alphanumeric characters and/or / "
                    "characters."
                )
        return None

    return rule
