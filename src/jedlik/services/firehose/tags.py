"""Tags of delivery streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jedlik.services.firehose.errors import invalid, limit_exceeded
from jedlik.services.firehose.limits import TAGS_MAX


def with_tags(tags: Mapping[str, str], given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Raises ApiError. Unverified texts."""
    names = [each["Key"] for each in given]
    if len(set(names)) < len(names):
        raise invalid("Tag keys must be unique.")
    merged = {**tags, **{each["Key"]: each.get("Value", "") for each in given}}
    if len(merged) > TAGS_MAX:
        raise limit_exceeded(f"A delivery stream can have at most {TAGS_MAX} tags.")
    return merged
