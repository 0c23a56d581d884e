"""Tags of clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jedlik.services.dax.errors import Tags, invalid_value
from jedlik.services.dax.limits import TAGS_MAX

KEY_LENGTH_MAX = 128
VALUE_LENGTH_MAX = 256


def with_tags(tags: Mapping[str, str], given: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The tags with those of a request among them. Raises ApiError."""
    merged = dict(tags)
    for tag in given:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if not 1 <= len(key) <= KEY_LENGTH_MAX or key.lower().startswith("aws:"):
            raise invalid_value(f"The tag key '{key}' is not valid.")  # unverified
        if len(value) > VALUE_LENGTH_MAX:
            raise invalid_value(f"The value of tag '{key}' is too long.")  # unverified
        merged[key] = value
    if len(merged) > TAGS_MAX:
        raise Tags.too_many(TAGS_MAX)
    return merged


def told(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API shows them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
