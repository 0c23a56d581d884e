"""Runs the stories of `dax_cases.py` and makes answers comparable.

The reference is boto3 over HTTP, on tables that nobody else touches; the client under test has
twins of them.
"""

from __future__ import annotations

import base64
import copy
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.clients.dax_cases import CASES, TABLES, Case
from tests.conftest import wait_active

Answer = dict[str, Any]


def make_tables(dynamodb: Any, stem: str) -> dict[str, str]:
    """Fresh tables; their names by the keys of TABLES."""
    names = {}
    for key, schema in TABLES.items():
        names[key] = f"{stem}-{key}-{uuid.uuid4().hex[:8]}"
        dynamodb.create_table(TableName=names[key], **schema)
    for name in names.values():
        wait_active(dynamodb, name)
    return names


def story(name: str, tables: dict[str, str]) -> list[Case]:
    """The cases of a story with the names of real tables."""
    return [(operation, _renamed(request, tables)) for operation, request in CASES[name]]


def _renamed(node: Any, tables: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            (tables.get(key, key) if name_is_table else key): (
                tables[value] if key == "TableName" else _renamed(value, tables)
            )
            for key, value in node.items()
            for name_is_table in [key in tables]
        }
    return [_renamed(each, tables) for each in node] if isinstance(node, list) else node


def with_bytes(node: Any) -> Any:
    """A request as the Python clients want it: binaries as bytes."""
    if isinstance(node, dict):
        if set(node) == {"B"}:
            return {"B": base64.b64decode(node["B"])}
        if set(node) == {"BS"}:
            return {"BS": [base64.b64decode(each) for each in node["BS"]]}
        return {key: with_bytes(value) for key, value in node.items()}
    return [with_bytes(each) for each in node] if isinstance(node, list) else node


def run_python(call: Callable[[str, Answer], Answer], cases: list[Case]) -> list[Answer]:
    """call(operation, request): the answer, or raises a botocore ClientError."""
    from botocore.exceptions import ClientError

    answers = []
    for operation, request in cases:
        try:
            answers.append(call(operation, with_bytes(copy.deepcopy(request))))
        except ClientError as error:
            told = {"error": error.response["Error"]}
            reasons = error.response.get("CancellationReasons")
            if reasons is not None:
                told["reasons"] = reasons
            elif getattr(error, "cancellation_reasons", None):
                told["reasons"] = _flat_reasons(error.cancellation_reasons)
            answers.append(told)
    return answers


def _flat_reasons(flat: list[Any]) -> list[Answer]:
    """AWS's Python client hands the reasons on as they came: code, text and item in turn."""
    found = []
    for code, message, item in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        found.append({"Code": code, "Message": message, "Item": None if item is None else ...})
    return found


def without_items(answers: list[Answer]) -> list[Answer]:
    """Of the items in cancellation reasons only that they are there."""
    for answer in answers:
        for reason in answer.get("reasons", ()):
            if reason.get("Item") is not None:
                reason["Item"] = ...
    return answers


def comparable(answer: Any, tables: dict[str, str]) -> Any:
    """Without what may differ: metadata, order of sets and of batches, how a number is written."""
    names = {name: key for key, name in tables.items()}
    return _comparable(answer, names)


def _comparable(node: Any, names: dict[str, str]) -> Any:
    if isinstance(node, dict):
        if set(node) == {"N"}:
            return {"N": Decimal(node["N"])}
        for kind in ("SS", "NS", "BS"):
            if set(node) == {kind}:
                members = [Decimal(m) if kind == "NS" else _text(m) for m in node[kind]]
                return {kind: sorted(members)}
        found = {
            names.get(key, key): _comparable(value, names)
            for key, value in node.items()
            if key not in ("ResponseMetadata", "$metadata") and value is not None
        }
        if isinstance(found.get("Responses"), dict):
            for items in found["Responses"].values():
                items.sort(key=lambda each: repr(sorted(each.items())))
        if isinstance(found.get("ConsumedCapacity"), list):
            found["ConsumedCapacity"].sort(key=lambda each: repr(sorted(each.items())))
        return {key: value for key, value in found.items() if value not in ({}, [])}
    if isinstance(node, (list, tuple)):
        return [_comparable(each, names) for each in node]
    if isinstance(node, str):
        return names.get(node, node)
    if isinstance(node, (bytes, bytearray)):
        return _text(node)
    if isinstance(node, (float, Decimal)):
        return float(node)
    return node


def _text(member: Any) -> str:
    if isinstance(member, (bytes, bytearray)):
        return base64.b64encode(member).decode()
    return str(member)
