"""Uploads by a browser's form: multipart/form-data, its policy, and its file as a body.

Fields come before the file and are small; the file is passed on while it arrives. Source: S3 API
reference, "Browser-based uploads using POST".
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as BrokenBase64
from collections.abc import Mapping
from typing import Any

import orjson

from jedlik.api.errors import ApiError
from jedlik.api.rest import Body

from . import xml

FIELDS_BYTES_MAX = 20_000
_PART_HEAD_MAX = 8 * 1024
_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?boundary="?([^";,]{1,200})"?', re.I)
_NAME = re.compile(rb'[;\s]name="((?:[^"\\]|\\.)*)"', re.I)
_FILENAME = re.compile(rb'[;\s]filename="((?:[^"\\]|\\.)*)"', re.I)
_UNCHECKED = ("policy", "x-amz-signature", "file", "awsaccesskeyid", "signature")


class Form:
    """A form whose fields have been read. The file follows: this is an `api.rest.Body` of it."""

    length: int | None = None

    def __init__(self, body: Body, boundary: str) -> None:
        self._body = body
        self._end = b"\r\n--" + boundary.encode("latin-1")
        self._held = b"\r\n"  # as if a line had ended before the first boundary
        self._begun = False
        self._done = False
        self.fields: dict[str, str] = {}
        self.file_type = ""
        self.file_name = ""

    async def read_fields(self) -> None:
        """Everything before the content of the file. Raises ApiError."""
        size = 0
        while True:
            await self._skip_boundary()
            head = await self._until(b"\r\n\r\n", _PART_HEAD_MAX)
            name_found = _NAME.search(b";" + head)
            if name_found is None:
                raise malformed()
            name = _unquoted(name_found[1]).lower()
            if name == "file":
                filename = _FILENAME.search(b";" + head)
                self.file_name = _unquoted(filename[1]) if filename else ""
                for line in head.split(b"\r\n"):
                    key, _, value = line.partition(b":")
                    if key.strip().lower() == b"content-type":
                        self.file_type = value.strip().decode("latin-1")
                return
            # The boundary itself stays, for the next turn.
            value = await self._until(self._end, FIELDS_BYTES_MAX)
            self._held = self._end + self._held
            size += len(name) + len(value)
            if size > FIELDS_BYTES_MAX:
                raise ApiError(
                    "MaxPostPreDataLengthExceededError",
                    "Your POST request fields preceding the upload file was too large.",
                )
            self.fields[name] = value.decode("utf-8", "replace")

    async def receive(self) -> bytes:
        if self._done:
            return b""
        if not self._begun and self._held:
            self._begun = True
            data, self._held = self._held, b""
            return data
        self._begun = True
        data = await self._body.receive()
        if not data:
            raise _incomplete()
        return self._body.decode(data)

    def decode(self, data: bytes) -> bytes:
        """The file's bytes; the end of what came is held back where it may be the boundary."""
        if self._done:
            return b""
        data = self._held + data
        end = data.find(self._end)
        if end >= 0:
            self._done = True
            self._held = b""
            return data[:end]
        keep = len(self._end) - 1
        self._held = data[-keep:]
        return data[:-keep]

    def finish(self) -> Mapping[str, str]:
        if not self._done:
            raise _incomplete()
        return {}

    async def _skip_boundary(self) -> None:
        await self._until(self._end, _PART_HEAD_MAX)
        rest = await self._until(b"\r\n", 256)
        if rest.strip(b" \t"):
            raise ApiError(
                "InvalidArgument",
                "POST requires exactly one file upload per request.",
                fields={"ArgumentName": "file", "ArgumentValue": "0"},
            )

    async def _until(self, mark: bytes, bytes_max: int) -> bytes:
        """What stands before a mark, which is taken away with it."""
        while True:
            at = self._held.find(mark)
            if at >= 0:
                found, self._held = self._held[:at], self._held[at + len(mark) :]
                return found
            if len(self._held) > bytes_max + len(mark):
                raise malformed()
            data = await self._body.receive()
            if not data:
                raise malformed()
            self._held += self._body.decode(data)


def boundary_of(content_type: str) -> str | None:
    found = _BOUNDARY.match(content_type)
    return found[1] if found else None


def malformed() -> ApiError:
    return ApiError(
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
    )


def check_policy(fields: Mapping[str, str], bucket: str, now: float) -> tuple[int, int] | None:
    """Check the fields against the form's policy; the bounds of the file's size, if it has any.

    Raises ApiError.
    """
    try:
        policy: Any = orjson.loads(b64decode(fields["policy"]))
    except (BrokenBase64, ValueError):
        raise _invalid_policy("Invalid JSON") from None
    if not isinstance(policy, dict) or not isinstance(policy.get("conditions"), list):
        raise _invalid_policy("Policy missing conditions.")
    try:
        expires_at = xml.read_time(str(policy.get("expiration", "")))
    except xml.NotValid:
        raise _invalid_policy("Invalid 'expiration' value") from None
    if expires_at < now:
        raise _denied("Policy expired.")
    known = {**fields, "bucket": bucket}
    covered = set()
    bounds = None
    for condition in policy["conditions"]:
        if isinstance(condition, dict) and condition:
            tests = [("eq", "$" + name, value) for name, value in condition.items()]
        elif isinstance(condition, list) and len(condition) == 3:
            tests = [(str(condition[0]).lower(), condition[1], condition[2])]
        else:
            raise _invalid_policy("Invalid Simple-Condition.")
        for kind, name, value in tests:
            if kind == "content-length-range":
                try:
                    bounds = (int(name), int(value))
                    if bounds[0] < 0:
                        raise ValueError
                except (TypeError, ValueError):
                    raise _invalid_policy("Invalid content-length-range.") from None
                continue
            key = str(name).removeprefix("$").lower()
            covered.add(key)
            found = known.get(key, "")
            text = str(value)
            if kind == "eq":
                holds = found == text
            elif kind == "starts-with":
                parts = found.split(",") if key == "content-type" else [found]
                holds = all(part.strip().startswith(text) for part in parts)
            else:
                raise _invalid_policy(f"Invalid condition '{kind}'.")
            if not holds:
                raise _denied(f'Policy Condition failed: ["{kind}", "${key}", "{text}"]')
    for name in (*fields, "bucket"):
        if name not in covered and name not in _UNCHECKED and not name.startswith("x-ignore-"):
            raise _denied(f"Extra input fields: {name}")
    return bounds


def _unquoted(text: bytes) -> str:
    return re.sub(rb"\\(.)", rb"\1", text).decode("utf-8", "replace")


def _incomplete() -> ApiError:
    return ApiError(
        "IncompleteBody",
        "The request body terminated unexpectedly",
    )


def _invalid_policy(what: str) -> ApiError:
    return ApiError("InvalidPolicyDocument", f"Invalid Policy: {what}")


def _denied(what: str) -> ApiError:
    return ApiError("AccessDenied", f"Invalid according to Policy: {what}", status=403)
