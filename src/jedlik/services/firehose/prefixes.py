"""Prefixes of objects: `!{namespace:value}` in them, and where which is allowed.

    !{timestamp:yyyy/MM/dd}               the arrival of the oldest record of the object
    !{firehose:random-string}             11 characters, anew at each place
    !{firehose:error-output-type}         "processing-failed"; in ErrorOutputPrefix only
    !{partitionKeyFromQuery:customer}     with dynamic partitioning; in Prefix only
    !{partitionKeyFromLambda:customer}

A prefix without a timestamp gets "yyyy/MM/dd/HH/" at its end. An object's name is the prefix, then

    <delivery stream>-<version>-<yyyy-MM-dd-HH-mm-ss>-<UUID><extension>

Developer guide, "Custom prefixes for Amazon S3 objects" and "Amazon S3 object name format". Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from jedlik.services.firehose import java_dates
from jedlik.services.firehose.errors import invalid, prefix_constraint
from jedlik.services.firehose.limits import PREFIX_CHARACTERS_MAX

DEFAULT = "yyyy/MM/dd/HH/"
FAILED = "processing-failed"
FROM_QUERY, FROM_LAMBDA = "partitionKeyFromQuery", "partitionKeyFromLambda"
EXTENSIONS = {"GZIP": ".gz", "ZIP": ".zip", "Snappy": ".snappy", "HADOOP_SNAPPY": ".hsnappy"}
_EXPRESSION = re.compile(r"!\{([^:{}]*):([^}]*)\}")
_FIREHOSE = ("random-string", "error-output-type")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_BYTES_MORE = 300
"""By so many bytes a prefix may be longer than the characters it may have: what a key has room
for."""
_SAMPLE = datetime(2020, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True)
class Expression:
    namespace: str
    value: str


Part = str | Expression


class TooLong(Exception):
    """A prefix that is too long once it is evaluated."""


@lru_cache(maxsize=1024)
def parse(prefix: str) -> tuple[Part, ...]:
    """Raises ApiError for what is no expression."""
    parts: list[Part] = []
    place = 0
    for found in _EXPRESSION.finditer(prefix):
        parts.append(prefix[place : found.start()])
        parts.append(Expression(found[1], found[2]))
        place = found.end()
    parts.append(prefix[place:])
    for part in parts:
        if isinstance(part, str):
            if "!{" in part:
                raise prefix_constraint(
                    "The sequence '!{' can only appear in a valid !{namespace:value} expression"
                )
        elif part.namespace == "timestamp":
            try:
                java_dates.parse(part.value)
            except java_dates.BadPattern as bad:
                raise prefix_constraint(
                    f"The timestamp pattern {part.value} is not valid: {bad}"
                ) from None
        elif part.namespace == "firehose":
            if part.value not in _FIREHOSE:
                raise prefix_constraint(
                    f"{part.value} is not a valid value of the firehose namespace"
                )
        elif part.namespace not in (FROM_QUERY, FROM_LAMBDA):
            raise prefix_constraint(f"{part.namespace} is not a valid namespace")
    return tuple(part for part in parts if part != "")


def expressions(prefix: str) -> list[Expression]:
    return [part for part in parse(prefix) if isinstance(part, Expression)]


def keys(prefix: str, namespace: str) -> set[str]:
    """The partition keys that a prefix has of one kind."""
    return {each.value for each in expressions(prefix) if each.namespace == namespace}


def check(destination: Mapping[str, Any]) -> None:
    """Check the prefixes of a destination together. Raises ApiError.

    But for the first, AWS's texts are unverified.
    """
    prefix, errors = destination.get("Prefix", ""), destination.get("ErrorOutputPrefix", "")
    has = expressions(prefix)
    if has and not errors:
        raise prefix_constraint(
            "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"
        )
    if any(each.value == "error-output-type" for each in has if each.namespace == "firehose"):
        raise prefix_constraint("Prefix cannot contain !{firehose:error-output-type}")
    of_errors = expressions(errors)
    if of_errors and not any(each.value == "error-output-type" for each in of_errors):
        raise prefix_constraint(
            "ErrorOutputPrefix must contain at least one instance of "
            "!{firehose:error-output-type} when it contains expressions"
        )
    if any(each.namespace in (FROM_QUERY, FROM_LAMBDA) for each in of_errors):
        raise prefix_constraint("ErrorOutputPrefix cannot contain dynamic partitioning namespaces")
    zone(destination)
    names = {each.value: "x" for each in has}
    for failed in (False, True):
        try:
            evaluated(destination, _SAMPLE, seed="", keys=names, failed=failed)
        except TooLong:
            raise prefix_constraint(
                f"Prefixes cannot be longer than {PREFIX_CHARACTERS_MAX} characters after they "
                "are evaluated"
            ) from None


def zone(destination: Mapping[str, Any]) -> Any:
    """Raises ApiError. Unverified text."""
    name = destination.get("CustomTimeZone") or "UTC"
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise invalid(f"CustomTimeZone {name} is not supported.") from None


def evaluated(
    destination: Mapping[str, Any],
    when: datetime,
    *,
    seed: str,
    keys: Mapping[str, str],
    failed: bool = False,
    limited: bool = True,
) -> str:
    """A destination's prefix. keys: partition keys; seed: what random strings follow from. Raises
    TooLong, if `limited`."""
    text = _template(destination, failed=failed)
    local = when.astimezone(zone(destination))
    found: list[str] = []
    for place, part in enumerate(parse(text)):
        if isinstance(part, str):
            found.append(part)
        elif part.namespace == "timestamp":
            found.append(java_dates.formatted(java_dates.parse(part.value), local))
        elif part.namespace == "firehose":
            found.append(FAILED if part.value != "random-string" else _random(seed, place))
        else:
            found.append(keys[part.value])
    prefix = "".join(found)
    if limited and max(len(prefix), len(prefix.encode()) - _BYTES_MORE) > PREFIX_CHARACTERS_MAX:
        raise TooLong
    return prefix


def object_name(
    destination: Mapping[str, Any], *, stream: str, version: int, oldest_ms: int, seed: str
) -> str:
    """What stands behind the prefix."""
    when = datetime.fromtimestamp(oldest_ms / 1000, zone(destination))
    unique = UUID(bytes=_digest(seed, "name"), version=4)
    extension = destination.get("FileExtension") or EXTENSIONS.get(
        destination.get("CompressionFormat", ""), ""
    )
    return f"{stream}-{version}-{when:%Y-%m-%d-%H-%M-%S}-{unique}{extension}"


def object_key(
    destination: Mapping[str, Any],
    oldest_ms: int,
    *,
    stream: str,
    version: int,
    seed: str,
    keys: Mapping[str, str],
    failed: bool = False,
) -> str:
    """The key of an object; the same for the same seed."""
    when = datetime.fromtimestamp(oldest_ms / 1000, UTC)
    own = f"{seed}|{failed}|{sorted(keys.items())}"
    prefix = evaluated(destination, when, seed=own, keys=keys, failed=failed, limited=False)
    name = object_name(destination, stream=stream, version=version, oldest_ms=oldest_ms, seed=own)
    return prefix + name


def _template(destination: Mapping[str, Any], *, failed: bool) -> str:
    """The prefix with what it gets where it says nothing.

    Unverified: that an ErrorOutputPrefix without expressions gets the type and the time behind it,
    as a Prefix does where there is no ErrorOutputPrefix (this is documented).
    """
    prefix = destination.get("Prefix", "")
    if failed:
        errors = destination.get("ErrorOutputPrefix", "")
        if expressions(errors):
            return str(errors)
        return f"{errors or prefix}{FAILED}/!{{timestamp:{DEFAULT}}}"
    if any(each.namespace == "timestamp" for each in expressions(prefix)):
        return str(prefix)
    if any(each.namespace in (FROM_QUERY, FROM_LAMBDA) for each in expressions(prefix)):
        # Unverified: partitioned prefixes stay as they are written, as AWS's examples show them.
        return str(prefix)
    return f"{prefix}!{{timestamp:{DEFAULT}}}"


def _random(seed: str, place: int) -> str:
    number = int.from_bytes(_digest(seed, f"random {place}"), "big")
    letters = []
    for _ in range(11):
        number, digit = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    return "".join(letters)


def _digest(seed: str, what: str) -> bytes:
    return blake2b(f"{seed}|{what}".encode(), digest_size=16).digest()
