"""Equality and order of checked attribute values, as conditions and filters see them."""

from __future__ import annotations

from binascii import a2b_base64
from typing import Any

from jedlik.values.numbers import compare_numbers


def equal(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """True for the same type and content; sets are equal whatever the order of their members.

    Both must be checked: then numbers are in plain form and equal numbers are equal text.
    """
    if a == b:
        return True
    ((kind, left),) = a.items()
    if kind not in b:
        return False
    right = b[kind]
    if kind == "M":
        return left.keys() == right.keys() and all(equal(left[name], right[name]) for name in left)
    if kind == "L":
        return len(left) == len(right) and all(map(equal, left, right))
    if kind in ("SS", "NS", "BS"):
        return len(left) == len(right) and set(left) == set(right)
    return False


def compare(a: dict[str, Any], b: dict[str, Any]) -> int:
    """-1, 0 or 1 for two S, two N or two B: strings by UTF-8 bytes, binaries by unsigned bytes."""
    ((kind, left),) = a.items()
    right = b[kind]
    if kind == "N":
        return compare_numbers(left, right)
    if kind == "B":
        left, right = a2b_base64(left), a2b_base64(right)
    # Python orders text by code points, which is the order of its UTF-8 bytes.
    return -1 if left < right else 1 if left > right else 0
