"""What happens to records between the buffer and S3: the processors that need no Lambda.

    Decompression (GZIP) → CloudWatchLogProcessing → RecordDeAggregation → [Lambda]
        → MetadataExtraction → AppendDelimiterToRecord

whatever order they are configured in (developer guide, "Apply dynamic partitioning to aggregated
data"). Lambda is stored and left out. Pure, but for the partition keys (`partition_keys.py`).
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jedlik.services.firehose.limits import DECOMPRESSED_BYTES_MAX
from jedlik.services.firehose.records import S3, Record

# Unverified: AWS documents neither codes nor texts of the first two.
DECOMPRESSION_FAILED = "Decompression.Failed"
DEAGGREGATION_FAILED = "RecordDeAggregation.Failed"
EXTRACTION_FAILED = "DynamicPartitioning.MetadataExtractionFailed"
TOO_MANY_PARTITIONS = "DynamicPartitioning.ActivePartitionLimitExceeded"

_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\0": "\0", "\\\\": "\\"}
_find_object = json.JSONDecoder(strict=False).raw_decode


class Failed(Exception):
    """A record that cannot be processed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Processing:
    """What a destination asks for. query: of the partition keys; partitioned: whether keys are
    asked for at all."""

    decompress: bool = False
    messages: bool = False
    split_json: bool = False
    split_at: bytes | None = None
    query: str | None = None
    partitioned: bool = False
    delimiter: bytes = b""

    @classmethod
    def of(cls, destination: S3) -> Processing:
        configured = destination.get("ProcessingConfiguration") or {}
        found: dict[str, Any] = {
            "partitioned": bool(
                (destination.get("DynamicPartitioningConfiguration") or {}).get("Enabled")
            )
        }
        if not configured.get("Enabled"):
            return cls(**found)
        for kind, parameters in processors(configured):
            if kind == "Decompression":
                found["decompress"] = True
            elif kind == "CloudWatchLogProcessing":
                found["messages"] = parameters.get("DataMessageExtraction", "").lower() == "true"
            elif kind == "RecordDeAggregation":
                if parameters.get("SubRecordType") == "DELIMITED":
                    found["split_at"] = b64decode(parameters["Delimiter"])
                else:
                    found["split_json"] = True
            elif kind == "MetadataExtraction":
                found["query"] = parameters["MetadataExtractionQuery"]
            elif kind == "AppendDelimiterToRecord":
                found["delimiter"] = unescaped(parameters.get("Delimiter", "\\n")).encode()
        return cls(**found)

    @property
    def may_fail(self) -> bool:
        """Whether records may go elsewhere than all others."""
        return (
            self.decompress
            or self.messages
            or self.split_json
            or self.query is not None
            or self.partitioned
        )

    def expanded(self, data: bytes) -> list[bytes]:
        """The records that one becomes, before delimiters. Raises Failed."""
        if self.decompress:
            data = _decompressed(data)
        if self.messages:
            data = _messages(data)
        if self.split_json:
            return _objects(data)
        if self.split_at is not None:
            return [each for each in data.split(self.split_at) if each]
        return [data]


def processors(configured: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Their types and parameters."""
    return [
        (
            each["Type"],
            {one["ParameterName"]: one["ParameterValue"] for one in each.get("Parameters") or ()},
        )
        for each in configured.get("Processors") or ()
    ]


def unescaped(delimiter: str) -> str:
    """A delimiter as it is written in requests: a backslash and an n are a line feed."""
    for written, meant in _ESCAPES.items():
        delimiter = delimiter.replace(written, meant)
    return delimiter


def failed_line(record: Record, data: bytes, failed: Failed, now_ms: int) -> bytes:
    """What the error prefix gets of a record: a line of JSON (developer guide, "Handle failures in
    data transformation")."""
    told = {
        "attemptsMade": 1,
        "arrivalTimestamp": record.at_ms,
        "errorCode": failed.code,
        "errorMessage": failed.message,
        "attemptEndingTimestamp": now_ms,
        "rawData": b64encode(data).decode(),
    }
    return orjson.dumps(told) + b"\n"


def _decompressed(data: bytes) -> bytes:
    """One GZIP member or several."""
    pieces: list[bytes] = []
    room = DECOMPRESSED_BYTES_MAX
    while data:
        made = zlib.decompressobj(31)
        try:
            piece = made.decompress(data, room)
        except zlib.error as wrong:
            raise Failed(DECOMPRESSION_FAILED, f"The record is no GZIP data: {wrong}") from None
        room -= len(piece)
        if made.unconsumed_tail or room <= 0:
            text = f"The record is longer than {DECOMPRESSED_BYTES_MAX} bytes when decompressed"
            raise Failed(DECOMPRESSION_FAILED, text)
        if not made.eof:
            raise Failed(DECOMPRESSION_FAILED, "The record is cut short")
        pieces.append(piece)
        data = made.unused_data
    return b"".join(pieces)


def _messages(data: bytes) -> bytes:
    """The messages of CloudWatch Logs' events, a line each; nothing for its control messages."""
    lines: list[bytes] = []
    for each in _objects(data):
        try:
            told = orjson.loads(each)
            if told.get("messageType") == "CONTROL_MESSAGE":
                continue
            lines += [event["message"].encode() + b"\n" for event in told["logEvents"]]
        except (ValueError, KeyError, TypeError, AttributeError, UnicodeEncodeError):
            text = "The record is none of CloudWatch Logs"
            raise Failed(DECOMPRESSION_FAILED, text) from None
    return b"".join(lines)


def _objects(data: bytes) -> list[bytes]:
    """JSON objects that follow each other with white space or nothing between."""
    try:
        text = data.decode()
        found: list[bytes] = []
        place, end = 0, len(text)
        while True:
            while place < end and text[place] in " \t\r\n":
                place += 1
            if place == end:
                return found
            if text[place] != "{":
                raise ValueError(f"no object at character {place}")
            start = place
            _, place = _find_object(text, place)
            found.append(text[start:place].encode())
    except (ValueError, RecursionError) as wrong:
        text = f"The record is no sequence of JSON objects: {wrong}"
        raise Failed(DEAGGREGATION_FAILED, text) from None
