"""Members of a model's shapes: in the digest a member is the name of its shape, or a dict where it
carries more than that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def member_shape(member: Any) -> str:
    """The name of a member's shape."""
    return member if isinstance(member, str) else str(member["shape"])


def sent_name(member: Any, key: str) -> str:
    """What a member is called on the wire. key: its name in the model, or the default."""
    return key if isinstance(member, str) else str(member.get("locationName", key))


def is_flattened(shape: Mapping[str, Any], member: Any) -> bool:
    """Whether the elements of a list or map stand in the structure itself, as a member says or its
    shape."""
    return bool(shape.get("flattened") or (isinstance(member, dict) and member.get("flattened")))
