"""Patterns of names: regular expressions in which "*" alone stands for anything, as in Hive."""

from __future__ import annotations

import re

from jedlik.services.glue.errors import invalid


def pattern(text: str) -> re.Pattern[str]:
    """Raises InvalidInputException. Many or nested repetitions are refused: names are short, and a
    pattern must not keep the server busy."""
    if len(text) > 256 or re.search(r"\)[*+{]", text) or len(re.findall(r"[*+{]", text)) > 3:
        raise invalid("Invalid regular expression")  # unverified
    try:
        return re.compile(re.sub(r"(?<![.\])\w])\*|(?<=\w)\*", ".*", text), re.IGNORECASE)
    except re.error:
        raise invalid("Invalid regular expression") from None
