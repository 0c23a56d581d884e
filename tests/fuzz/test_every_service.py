"""Bad requests to every operation of every service: each is refused in AWS's words, or answered.

Requests that were right are broken at some place, or put together from values that are known, in
every protocol that a service has. No status of 500 or more, no connection closed without an answer,
no traceback in the log; and afterwards the server answers as before. `test_fuzz.py` does more of it
with DynamoDB alone. JEDLIK_FUZZ_SEED and JEDLIK_FUZZ_EACH (requests of each service) make other
runs, and longer ones.
"""

from __future__ import annotations

import http.client
import os
import sys
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from jedlik.api.members import member_shape
from jedlik.api.model import load_model
from tests.fuzz.examples import Known, examples
from tests.fuzz.mutations import NUMBERS, OF_JSON, OF_XML, TEXTS, Breaking, broken_bytes
from tests.fuzz.protocols import MODELS, OF_CBOR, Connection, Sent, disturb, encoded
from tests.support.server import Server

SEED = os.environ.get("JEDLIK_FUZZ_SEED", "1")
EACH = int(os.environ.get("JEDLIK_FUZZ_EACH", "400"))
PROTOCOLS = {
    "dynamodb": ("json", "json", "cbor"), "dynamodbstreams": ("json",),
    "kinesis": ("json", "cbor"), "firehose": ("json",), "s3": ("rest",), "logs": ("json", "cbor"),
    "athena": ("json",), "glue": ("json",), "iam": ("query",), "sts": ("query",),
    "cloudwatch": ("rpc", "json", "query"), "application-autoscaling": ("json", "cbor"),
    "dax": ("json",),
}  # fmt: skip
ODD = {"json": OF_JSON, "cbor": OF_CBOR, "rpc": OF_CBOR, "rest": OF_XML}
# What takes the resources away that all others are about, or starts a process or a node each time.
RARE = {
    "DeleteTable", "DeleteBucket", "DeleteStream", "DeleteDeliveryStream", "DeleteLogGroup",
    "DeleteWorkGroup", "DeleteDatabase", "CreateCluster", "StartQueryExecution", "StartQuery",
    "SelectObjectContent",
}  # fmt: skip
RARE_MAX = 2


@pytest.fixture(scope="module", autouse=True)
def deep() -> Iterator[None]:
    """What is sent nests deeper than Python's stack is by default: here, and not at the server."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.fixture(scope="module")
def server() -> Any:
    """A server of its own: its log is read."""
    with Server("--throttling", "off", "--dax-nodes", "0") as server:
        yield server


@pytest.fixture(scope="module")
def known(server: Server) -> Known:
    import boto3

    session = boto3.session.Session("AKIAFUZZ", "secret", region_name="us-east-1")
    return examples({name: session.client(name, endpoint_url=server.endpoint)
                     for name in PROTOCOLS})  # fmt: skip


@pytest.mark.parametrize("service", PROTOCOLS)
def test_bad_requests_are_refused(server: Server, known: Known, service: str) -> None:
    requests = Requests(service, known, Random(f"{SEED} {service}"))
    connection = Connection(server.endpoint)
    statuses: Counter[int] = Counter()
    logged = len(server.output())
    for number in range(EACH):
        operation, sent = requests.one()
        shown = f"seed {SEED}, {number}: {operation} {sent.method} {sent.path} {sent.body[:1500]!r}"
        try:
            status, body = connection.ask(service, operation, sent)
        except (OSError, http.client.HTTPException) as failed:
            pytest.fail(f"{shown}: no answer, {failed!r}\n{server.output()[logged:][-3000:]}")
        # S3 says 501 NotImplemented to what it knows and does not do.
        assert status < 500 or (status, service) == (501, "s3"), f"{shown}: {status} {body!r}"
        statuses[status] += 1
    connection.close()
    said = server.output()[logged:]
    assert "Traceback" not in said, said[:6000]
    assert statuses[200] > EACH // 20, statuses  # with fewer, they would be too broken


def test_afterwards_it_answers(server: Server, known: Known) -> None:
    found = known.ask(
        "dynamodb", "GetItem", TableName="fuzz", Key={"pk": {"S": "a"}, "sk": {"N": "4"}}
    )
    assert found["Item"]["g"] == {"S": "g"}
    assert known.ask("s3", "HeadBucket", Bucket="fuzz") is not None


class Requests:
    """`one()`: an operation, and a request of it that is more or less wrong."""

    def __init__(self, service: str, known: Known, random: Random) -> None:
        self._r = random
        self._service = service
        self._known = known
        self._model = load_model(MODELS.get(service, service))
        self._operations = sorted(self._model.operations)
        self._rare: Counter[str] = Counter()

    def one(self) -> tuple[str, Sent]:
        r = self._r
        protocol = r.choice(PROTOCOLS[self._service])
        while True:
            operation, members = self._request()
            self._rare[operation] += 1
            if operation not in RARE or self._rare[operation] <= RARE_MAX:
                break
        breaking = Breaking(r, self._named, ODD.get(protocol))
        if r.random() < 0.95:
            members = breaking.broken(members)
        sent = encoded(protocol, self._service, operation, members)
        if protocol == "rest" and r.random() < 0.4:
            disturb(r, sent)
        if r.random() < 0.05:
            sent.body = broken_bytes(r, sent.body)
        return operation, sent

    def _request(self) -> tuple[str, dict[str, Any]]:
        if self._r.random() < 0.65:
            return self._r.choice(self._known.requests[self._service])
        operation = self._r.choice(self._operations)
        shape = self._model.operations[operation].get("input")
        return operation, self._value(shape, "", 0) if shape else {}

    def _named(self, name: str) -> Any:
        return self._known.named(self._service, name, self._r)

    def _value(self, name: str, member: str, depth: int) -> Any:
        """What fits a shape, of values that are known where there are any."""
        r, shape = self._r, self._model.shapes[name]
        if member in self._known.values[self._service] and r.random() < 0.7:
            return self._named(member)
        kind = shape["type"]
        if kind == "structure":
            required = shape.get("required", ())
            return {
                key: self._value(member_shape(each), key, depth + 1)
                for key, each in shape.get("members", {}).items()
                if r.random() < (0.97 if key in required else 0.3 if depth < 3 else 0.0)
            }
        few = range(r.choice([0, 1, 1, 2]) if depth < 6 else 0)
        if kind == "list":
            return [self._value(member_shape(shape["member"]), "", depth + 1) for _ in few]
        if kind == "map":
            inner = member_shape(shape["value"])
            return {r.choice("abc"): self._value(inner, "", depth + 1) for _ in few}
        if kind == "string":
            return r.choice(shape.get("enum") or ["a", "abc", r.choice(TEXTS)])
        if kind == "boolean":
            return r.random() < 0.5
        if kind == "blob":
            return r.choice([b"a", b"", b"\x00\xff"])
        return r.choice([shape.get("min", 1), shape.get("max", 5), 60, r.choice(NUMBERS)])
