"""Tags of log groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from jedlik.services.logs.errors import invalid, too_many_tags
from jedlik.services.logs.store import Group

TAGS_MAX = 50


def with_tags(group: Group, given: Mapping[str, str]) -> Group:
    """The group with those of a request among its own. Raises ApiError."""
    if any(key.lower().startswith("aws:") for key in given):
        raise invalid("Tag keys that begin with aws: are reserved.")  # unverified
    merged = {**group.tags, **given}
    if len(merged) > TAGS_MAX:
        raise too_many_tags()
    return msgspec.structs.replace(group, tags=merged)


def without_tags(group: Group, keys: Iterable[str]) -> Group:
    gone = set(keys)
    kept = {key: value for key, value in group.tags.items() if key not in gone}
    return msgspec.structs.replace(group, tags=kept)
