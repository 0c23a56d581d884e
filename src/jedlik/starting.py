"""`jedlik start` from the words of the command line, without the library that explains them.

That library takes a tenth of a start. Words that are right need no explanation: they are taken
here. Of anything else (a mistake, --help) nothing is said, and cli/start.py answers.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from jedlik import settings


def flags(words: Sequence[str]) -> dict[str, Any] | None:
    """The settings among the words after `start`, and "config"; None if anything is unusual."""
    known = {settings.flag(each.name): each for each in fields(settings.Settings)}
    found: dict[str, Any] = {"config": None}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        each = known.get(name)
        if each is not None and isinstance(each.default, bool):
            if equals:
                return None
            found[each.name] = True
            continue
        if each is None and name != "--config":
            return None
        if not equals:
            value = next(rest, "-")
            if value.startswith("-"):
                return None
        if each is None:
            found["config"] = value
        elif isinstance(each.default, int):
            if not (value.isascii() and value.isdigit()):
                return None
            found[each.name] = int(value)
        else:
            found[each.name] = value
    return found


def run(words: Sequence[str]) -> int | None:
    """Be the server that the words ask for; returns its exit code. None: nothing was done."""
    found = flags(words)
    if found is None:
        return None
    config = found.pop("config")
    try:
        chosen = settings.load(found, config=config)
    except settings.SettingsError:
        return None
    return serve(chosen)


def serve(chosen: settings.Settings) -> int:
    """Be the server; returns its exit code."""
    gc.disable()  # what a start reads is no garbage; it is on again once the server is there
    from jedlik import app

    return app.run(chosen)
