"""A small signed HTTP client for a running Jedlik: what the subcommands speak through.

Knows awsJson and SigV4 and nothing else; botocore would cost half a second of imports and is no
run-time need of ours.
"""

from __future__ import annotations

import functools
import http.client
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import orjson

from jedlik import root_keys
from jedlik.identity.signing import sign
from jedlik.settings import Settings

TARGET = "DynamoDB_20120810"
STREAMS_TARGET = "DynamoDBStreams_20120810"
TIMEOUT_S = 60
ATTEMPTS_MAX = 8
TRY_AGAIN = (
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
)


class Refused(click.ClickException):
    """The server answered with an error. `code` is AWS's name for it."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation} was refused: {code}" + (f": {message}" if message else ""))
        self.code = code


@dataclass
class Client:
    """One connection, kept open; `call` is all there is to it."""

    endpoint: str
    region: str
    keys: root_keys.Keys

    def __post_init__(self) -> None:
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise click.ClickException(f"{self.endpoint!r} is not an endpoint: http://HOST:PORT")
        make = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._host = parts.netloc
        self._connection = make(parts.hostname, parts.port, timeout=TIMEOUT_S)

    def call(
        self, operation: str, request: dict[str, Any], *, target: str = TARGET
    ) -> dict[str, Any]:
        """Call a DynamoDB operation. Raises Refused, or a ClickException when nobody answers."""
        body = orjson.dumps(request)
        headers = {
            "Host": self._host,
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{target}.{operation}",
        }
        headers |= sign(
            "POST",
            "/",
            headers,
            body,
            access_key=self.keys.access_key,
            secret_key=self.keys.secret_key,
            session_token=self.keys.session_token,
            region=self.region,
            service="dynamodb",
            now=time.time(),
        )
        status, answer = self._exchange("POST", "/", body, headers)
        found: dict[str, Any] = answer if isinstance(answer, dict) else {}
        if status != 200:
            code = str(found.get("__type", f"HTTP {status}")).rpartition("#")[2]
            raise Refused(operation, code, found.get("message") or found.get("Message") or "")
        return found

    def health(self) -> dict[str, Any]:
        """What the server says about itself."""
        _, answer = self._exchange("GET", "/_jedlik/health", b"", {"Host": self._host})
        if not isinstance(answer, dict) or "version" not in answer:
            raise click.ClickException(f"what answers at {self.endpoint} is not Jedlik")
        return answer

    def pages(
        self, operation: str, request: dict[str, Any], start: str, last: str
    ) -> Iterator[Any]:
        """Every page of a paginated operation: `last` in an answer goes into `start`."""
        while True:
            page = self._patiently(operation, request)
            yield page
            if last not in page:
                return
            request = {**request, start: page[last]}

    def table_names(self) -> list[str]:
        pages = self.pages(
            "ListTables", {}, start="ExclusiveStartTableName", last="LastEvaluatedTableName"
        )
        return [name for page in pages for name in page["TableNames"]]

    @contextmanager
    def about(self, table: str) -> Iterator[None]:
        """Where something is refused because there is no such table, say that."""
        try:
            yield
        except Refused as fault:
            if fault.code != "ResourceNotFoundException":
                raise
            raise click.ClickException(f"there is no table {table} at {self.endpoint}") from None

    def write(self, table: str, requests: list[dict[str, Any]]) -> None:
        """BatchWriteItem of at most 25 requests, again for whatever was left unprocessed."""
        left, idle = requests, 0
        while left and idle < ATTEMPTS_MAX:
            # Whatever the capacity of the table: as long as something is written, it goes on.
            answer = self._patiently("BatchWriteItem", {"RequestItems": {table: left}})
            before, left = left, answer.get("UnprocessedItems", {}).get(table, [])
            if len(left) == len(before):
                time.sleep(0.05 * 2**idle)
                idle += 1
        if left:
            raise click.ClickException(
                f"{table}: the server leaves items unprocessed; try again later"
            )

    def _patiently(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call an operation, again and later each time while it is throttled."""
        for attempt in range(ATTEMPTS_MAX - 1):
            try:
                return self.call(operation, request)
            except Refused as fault:
                if fault.code not in TRY_AGAIN:
                    raise
            time.sleep(0.05 * 2**attempt)
        return self.call(operation, request)

    def wait_active(self, table: str, *, wait_s_max: float = 60) -> dict[str, Any]:
        """DescribeTable until the table is ACTIVE."""
        deadline = time.monotonic() + wait_s_max
        while True:
            described: dict[str, Any] = self.call("DescribeTable", {"TableName": table})["Table"]
            if described["TableStatus"] == "ACTIVE":
                return described
            if time.monotonic() > deadline:
                state = described["TableStatus"]
                raise click.ClickException(f"{table} is still {state} after {wait_s_max:.0f} s")
            time.sleep(0.02)

    def _exchange(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, Any]:
        try:
            try:
                self._connection.request(method, path, body, headers)
                reply = self._connection.getresponse()
            except (http.client.RemoteDisconnected, BrokenPipeError):
                # The server closed an idle connection. Puts and reads may be sent twice.
                self._connection.close()
                self._connection.request(method, path, body, headers)
                reply = self._connection.getresponse()
            content = reply.read()
        except ConnectionRefusedError:
            raise click.ClickException(
                f"nothing answers at {self.endpoint}: start a server with `jedlik start`, "
                "or name another with --endpoint"
            ) from None
        except (OSError, http.client.HTTPException) as fault:
            raise click.ClickException(
                f"{self.endpoint}: {fault or type(fault).__name__}"
            ) from None
        try:
            return reply.status, orjson.loads(content)
        except orjson.JSONDecodeError:
            return reply.status, None


def talks_to_server(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a subcommand the options that find a server; it is called with `client`."""

    @click.option(
        "--endpoint",
        metavar="URL",
        help="The server.  [default: JEDLIK_ENDPOINT, AWS_ENDPOINT_URL, http://127.0.0.1:8000]",
    )
    @click.option(
        "--region", metavar="NAME", help="Region of the tables.  [default: AWS_REGION, us-east-1]"
    )
    @click.option(
        "--data",
        metavar="DIR",
        help="Data folder with the keys, when no variable has them.  [default: .jedlik]",
    )
    @functools.wraps(command)
    def run(endpoint: str | None, region: str | None, data: str | None, **others: Any) -> Any:
        client = Client(
            (endpoint or _default_endpoint()).rstrip("/"),
            region
            or _first_set("JEDLIK_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
            or Settings.region,
            _default_keys(data or _first_set("JEDLIK_DATA") or Settings.data),
        )
        return command(client=client, **others)

    return run


def _default_endpoint() -> str:
    named = _first_set("JEDLIK_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")
    return named or f"http://127.0.0.1:{_first_set('JEDLIK_PORT') or Settings.port}"


def _default_keys(data: str) -> root_keys.Keys:
    """Jedlik's own variables, then AWS's, then the data folder's, then a developer's."""
    found = root_keys.from_environment(os.environ, "JEDLIK_")
    found = found or root_keys.from_environment(os.environ, "AWS_")
    if found:
        return found
    try:
        found = root_keys.read(Path(data) / root_keys.FILE)
    except root_keys.Unusable:
        found = None  # the server will say whether a developer's keys are enough
    return found or root_keys.Keys("jedlik", "jedlik")


def _first_set(*variables: str) -> str | None:
    return next((os.environ[each] for each in variables if os.environ.get(each)), None)
