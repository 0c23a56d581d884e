"""Node types and zones. Jedlik's nodes are all alike; the names are checked and shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jedlik.services.dax.errors import invalid_value

NODE_TYPES = frozenset(
    (
        *(f"dax.r{g}.{s}large" for g in (4, 5) for s in ("", "x", "2x", "4x", "8x")),
        *("dax.r4.16xlarge", "dax.r5.12xlarge", "dax.r5.16xlarge", "dax.r5.24xlarge"),
        *(f"dax.r7i.{s}large" for s in ("", "x", "2x", "4x", "8x", "12x", "16x", "24x")),
        *("dax.t2.small", "dax.t2.medium", "dax.t3.small", "dax.t3.medium"),
    )
)
"""Developer guide, "DAX pricing" and "Sizing guide"."""


def checked_node_type(name: str) -> str:
    """Raises InvalidParameterValueException. Unverified text."""
    if name not in NODE_TYPES:
        raise invalid_value(f"Invalid node type: {name}")
    return name


def zones(region: str) -> tuple[str, ...]:
    """The zones that nodes are spread over where a request names none."""
    return tuple(region + letter for letter in "abc")


def checked_zones(region: str, given: Sequence[str]) -> Sequence[str]:
    """Raises InvalidParameterValueException. Unverified text."""
    for zone in given:
        if not re.fullmatch(re.escape(region) + "[a-f]", zone):
            raise invalid_value(f"Invalid Availability Zone: {zone}")
    return given
