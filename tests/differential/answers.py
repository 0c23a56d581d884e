"""Bring answers of different servers to one form, and say in lines where two of them differ.

A line is a pair of texts, the peer's and Jedlik's, made to be matched by the table of
docs/differences.md:

    ("ValidationException: one text", "ValidationException: another")     two errors
    ("200", "ConditionalCheckFailedException: …")                         success against an error
    ("Table.TableArn: \"…\"", "Table.TableArn: \"…\"")                      two successes, per path
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from tests.support.raw import Answer

ABSENT = "absent"
VOLATILE = {
    # Times, ids and names of places differ by nature.
    "CreationDateTime",
    "TableId",
    "TableArn",
    "IndexArn",
    "LatestStreamArn",
    "LatestStreamLabel",
    "LastUpdateToPayPerRequestDateTime",
    "LastIncreaseDateTime",
    "LastDecreaseDateTime",
    "IndexSizeBytes",  # DynamoDB refreshes sizes and counts every six hours
    "TableSizeBytes",
    "ItemCount",
    "SizeEstimateRangeGB",
}
UNORDERED = {
    # Lists whose order AWS does not promise.
    "AttributeDefinitions",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "NonKeyAttributes",
    "Tags",
    "TableNames",
    "ConsumedCapacity",
    "SS",
    "NS",
    "BS",
}
SCANS = {"Scan", "BatchGetItem"}
TEXT_SHOWN_MAX = 400
EXACT = Context(prec=60, Emax=999, Emin=-999)


@dataclass(frozen=True)
class Canonical:
    """An answer without what may differ between servers that agree."""

    status: int
    error: str | None  # the code with its namespace, such as "com.amazon.coral.validate#…"
    message: str | None
    body: Any  # what else the body says

    def __str__(self) -> str:
        if self.error is None:
            return str(self.status)
        code = self.error.rpartition("#")[2]
        status = "" if self.status == 400 else f"{self.status} "
        return f"{status}{code}: {self.message}"


def canonical(
    operation: str,
    answer: Answer,
    *,
    tied_on: tuple[str, ...] = (),
    exact_numbers: bool = True,
) -> Canonical:
    """Drop order, times and ids from `answer`.

    `tied_on`: the key of the index that was queried, whose order says nothing about its ties.
    Without `exact_numbers`, one value's texts are equal everywhere, not in documents only.
    """
    body = answer.json
    if answer.status == 200 and isinstance(body, dict):
        ordered = _ordered(body, "", document=not exact_numbers)
        if tied_on:
            _sort_ties(ordered, tied_on)
        if operation in SCANS:
            _sort_items(ordered)
        return Canonical(200, None, None, ordered)
    if not isinstance(body, dict):
        return Canonical(answer.status, "no JSON", answer.body.decode(errors="replace"), None)
    kind = str(body.get("__type"))
    message = body.get("message", body.get("Message"))
    rest = {
        name: _ordered(value, name)
        for name, value in body.items()
        if name not in ("__type", "message", "Message")
    }
    return Canonical(answer.status, kind, message, rest)


def difference(peer: Canonical, mine: Canonical) -> list[tuple[str, str]]:
    """The lines in which they differ; none where they say the same."""
    if (peer.status, code(peer), peer.message) != (mine.status, code(mine), mine.message):
        return [(str(peer), str(mine))]
    return list(_paths(peer.body, mine.body, ""))


def code(answer: Canonical) -> str | None:
    return answer.error and answer.error.rpartition("#")[2]


def shown(text: str) -> str:
    """On one line of bearable length."""
    flat = text.replace("\n", "⏎")
    if len(flat) <= TEXT_SHOWN_MAX:
        return flat
    # What is wrong stands at the end where a value is printed first.
    return f"{flat[: TEXT_SHOWN_MAX // 2]}[…]{flat[-TEXT_SHOWN_MAX // 2 :]}"


def _ordered(value: Any, name: str, *, document: bool = False) -> Any:
    """`document`: inside a map or list, where DynamoDB Local leaves numbers as sent."""
    if isinstance(value, dict):
        return {
            key: _ordered(inner, key, document=document or key in ("M", "L"))
            for key, inner in value.items()
            if key not in VOLATILE
        }
    if isinstance(value, list):
        made = [_ordered(each, "N" if name == "NS" else "", document=document) for each in value]
        return sorted(made, key=_text) if name in UNORDERED else made
    if document and name == "N" and isinstance(value, str):
        return number(value)
    return value


def number(text: str) -> str:
    """One text for each value: without signs of zero, exponents' forms, trailing zeros."""
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return text
    return "0" if not exact else str(exact.normalize(EXACT))


def _sort_ties(body: dict[str, Any], tied_on: tuple[str, ...]) -> None:
    def tie(item: dict[str, Any]) -> str:
        return _text([item.get(name) for name in tied_on])

    if isinstance(body.get("Items"), list):
        groups = itertools.groupby(body["Items"], key=tie)
        body["Items"] = [item for _, tied in groups for item in sorted(tied, key=_text)]


def _sort_items(body: dict[str, Any]) -> None:
    """Hash order is each server's own."""
    if isinstance(body.get("Items"), list):
        body["Items"].sort(key=_text)
    if isinstance(body.get("Responses"), dict):
        for name, items in body["Responses"].items():
            body["Responses"][name] = sorted(items, key=_text)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _paths(peer: Any, mine: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(peer, dict) and isinstance(mine, dict):
        for name in sorted(peer.keys() | mine.keys()):
            inner = f"{path}.{name}" if path else name
            yield from _paths(peer.get(name, ABSENT), mine.get(name, ABSENT), inner)
    elif isinstance(peer, list) and isinstance(mine, list) and len(peer) == len(mine):
        for n, (left, right) in enumerate(zip(peer, mine, strict=True)):
            yield from _paths(left, right, f"{path}[{n}]")
    elif peer != mine:
        yield f"{path}: {_show(peer)}", f"{path}: {_show(mine)}"


def _show(value: Any) -> str:
    return ABSENT if value is ABSENT else _text(value)
