"""Fixtures that every test may use: one running server per test process, SDK clients, fresh tables.

What the SDK tests talk to is a switch: JEDLIK_TEST_TARGET is `jedlik` (the default: a server in
memory is started), `dynamodb-local` (then JEDLIK_TEST_ENDPOINT says where it listens) or `aws`
(real tables, real costs). With `jedlik`, JEDLIK_TEST_ENDPOINT takes a server that runs already.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest

from tests.support.server import Server

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"
ACTIVE_S_MAX = 60

# How long an example takes, or is in the making, depends on who else is at work on the machine.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def target() -> str:
    """`jedlik`, `dynamodb-local` or `aws`: for the few tests whose answer differs by design."""
    chosen = os.environ.get("JEDLIK_TEST_TARGET", "jedlik")
    assert chosen in ("jedlik", "dynamodb-local", "aws"), f"JEDLIK_TEST_TARGET={chosen}"
    return chosen


@pytest.fixture(scope="session")
def endpoint(target: str) -> Iterator[str | None]:
    """URL of the server under test; None means AWS itself."""
    given = os.environ.get("JEDLIK_TEST_ENDPOINT")
    if target == "aws" or given:
        yield given
    elif target == "dynamodb-local":
        pytest.exit("JEDLIK_TEST_TARGET=dynamodb-local needs JEDLIK_TEST_ENDPOINT", returncode=2)
    else:
        with Server() as server:
            yield server.endpoint


@pytest.fixture(scope="session")
def client_settings(target: str, endpoint: str | None) -> dict[str, Any]:
    """Keyword arguments for boto3.client and boto3.resource that reach the server under test."""
    from botocore.config import Config

    if target == "aws":
        return {}
    return {
        "endpoint_url": endpoint,
        "region_name": REGION,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
        # One attempt: a retried 5xx would hide the fault that it is.
        "config": Config(retries={"total_max_attempts": 1}, connect_timeout=30, read_timeout=60),
    }


@pytest.fixture(scope="session")
def make_client(client_settings: dict[str, Any]) -> Callable[..., Any]:
    """make_client("dynamodb", aws_access_key_id=…): a boto3 client for the server under test."""
    import boto3

    session = boto3.session.Session()
    return lambda service, **other: session.client(service, **{**client_settings, **other})


@pytest.fixture(scope="session")
def dynamodb(make_client: Callable[..., Any]) -> Any:
    """A boto3 DynamoDB client."""
    return make_client("dynamodb")


@pytest.fixture(scope="session")
def dynamodb_resource(client_settings: dict[str, Any]) -> Any:
    import boto3

    return boto3.session.Session().resource("dynamodb", **client_settings)


@pytest.fixture
def new_name(request: pytest.FixtureRequest) -> Callable[[], str]:
    """new_name(): a table name that no other test has, telling which test made it."""
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", request.node.name)[:80]
    return lambda: f"{stem}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def table_name(new_name: Callable[[], str]) -> str:
    return new_name()


@pytest.fixture
def make_table(
    dynamodb: Any, new_name: Callable[[], str], target: str
) -> Iterator[Callable[..., str]]:
    """make_table(**CreateTable parameters) -> name of an ACTIVE table.

    Without parameters: on-demand, with the string partition key `pk`. `keys="pk:S sk:N"` is short
    for a schema of those keys.
    """
    made: list[str] = []

    def make(keys: str = "pk:S", **parameters: Any) -> str:
        name = parameters.setdefault("TableName", new_name())
        if "KeySchema" not in parameters:
            pairs = [word.split(":") for word in keys.split()]
            parameters["KeySchema"] = [
                {"AttributeName": key, "KeyType": role}
                for (key, _), role in zip(pairs, ("HASH", "RANGE"), strict=False)
            ]
            defined = [{"AttributeName": key, "AttributeType": kind} for key, kind in pairs]
            parameters["AttributeDefinitions"] = defined + [
                more for more in parameters.get("AttributeDefinitions", []) if more not in defined
            ]
        if "BillingMode" not in parameters and "ProvisionedThroughput" not in parameters:
            parameters["BillingMode"] = "PAY_PER_REQUEST"
        dynamodb.create_table(**parameters)
        made.append(name)
        wait_active(dynamodb, name)
        return str(name)

    yield make
    if target == "aws":
        for name in made:
            dynamodb.delete_table(TableName=name)


@pytest.fixture
def table(make_table: Callable[..., str]) -> str:
    """An ACTIVE on-demand table with the string partition key `pk`."""
    return make_table()


def wait_active(dynamodb: Any, name: str) -> None:
    """Wait until table and indexes are ACTIVE (boto3's waiter sleeps 20 s between looks)."""
    deadline = time.monotonic() + ACTIVE_S_MAX
    while True:
        described = dynamodb.describe_table(TableName=name)["Table"]
        states = [described["TableStatus"]]
        states += [index["IndexStatus"] for index in described.get("GlobalSecondaryIndexes", [])]
        if all(state == "ACTIVE" for state in states):
            return
        assert time.monotonic() < deadline, f"{name} is still {states} after {ACTIVE_S_MAX} s"
        time.sleep(0.01)
