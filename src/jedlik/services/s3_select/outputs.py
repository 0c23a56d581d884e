"""Results as bytes of CSV or JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from jedlik.services.s3_select.inputs import Fields
from jedlik.services.s3_select.values import MISSING, written

Write = Callable[[Any], bytes]
"""From a result, a list of names and values or a record that was selected whole, to its bytes."""


def writer(asked: Mapping[str, Any]) -> Write:
    """asked: the request's OutputSerialization."""
    if "JSON" in asked:
        end = (asked["JSON"] or {}).get("RecordDelimiter")
        return _json_writer("\n" if end is None else end)
    return _csv_writer(asked["CSV"] or {})


def _pairs(result: Any) -> list[tuple[str, Any]]:
    if isinstance(result, Fields):
        return list(result.listed.items())
    if isinstance(result, dict):
        return list(result.items())
    if isinstance(result, list) and all(isinstance(each, tuple) for each in result):
        return result
    return [("_1", result)]


def _json_writer(end: str) -> Write:
    def write(result: Any) -> bytes:
        pairs = _pairs(result)
        inside = ",".join(
            f"{encode_basestring(name)}:{_json(value)}"
            for name, value in pairs
            if value is not MISSING
        )
        return f"{{{inside}}}{end}".encode("utf-8", "replace")

    return write


def _json(value: Any) -> str:
    if value is None or value is MISSING:
        return "null"
    if isinstance(value, bool | int | float | Decimal):
        return written(value)
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{encode_basestring(k)}:{_json(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    return encode_basestring(str(value) if not isinstance(value, datetime) else written(value))


def _csv_writer(form: Mapping[str, Any]) -> Write:
    def chosen(name: str, default: str) -> str:
        value = form.get(name)
        return default if value is None else str(value)

    delimiter, end = chosen("FieldDelimiter", ","), chosen("RecordDelimiter", "\n")
    quote = chosen("QuoteCharacter", '"')
    escape = chosen("QuoteEscapeCharacter", quote)
    always = form.get("QuoteFields") == "ALWAYS"
    telling = [mark for mark in (delimiter, end, quote, "\n", "\r") if mark]

    def shown(value: Any) -> str:
        if value is None or value is MISSING:
            text = ""
        elif isinstance(value, dict | list):
            text = _json(value)
        else:
            text = written(value)
        if quote and (always or any(mark in text for mark in telling)):
            return quote + text.replace(quote, escape + quote) + quote
        return text

    def write(result: Any) -> bytes:
        values = (shown(value) for _, value in _pairs(result))
        return (delimiter.join(values) + end).encode("utf-8", "replace")

    return write
