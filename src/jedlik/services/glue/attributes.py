"""AttributesToGet: the members of databases and tables that a request wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.services.glue.errors import invalid

MEMBERS = {"NAME": "Name", "TABLE_TYPE": "TableType", "TARGET_DATABASE": "TargetDatabase"}


def only(documents: list[dict[str, Any]], wanted: Sequence[str] | None) -> list[dict[str, Any]]:
    """Those members, where any are named. Raises ApiError where the name is not one of them.
    Unverified text."""
    if wanted is None:
        return documents
    if "NAME" not in wanted:
        raise invalid("AttributesToGet must include NAME.")
    names = {MEMBERS[each] for each in wanted if each in MEMBERS}
    return [{name: each[name] for name in each if name in names} for each in documents]
