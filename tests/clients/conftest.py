"""Servers with DAX ports of their own, data in a folder: of one node, of three, and of three
processes; and what their tests ask beside."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY, wait_active
from tests.support.oracles import free_port
from tests.support.server import Server

CERTIFICATE_S_MAX = 60


@dataclass(frozen=True)
class DaxServer:
    """plain, encrypted: discovery URLs. authority: the file with the certificate to trust."""

    endpoint: str
    plain: str
    encrypted: str
    authority: str

    def url(self, scheme: str) -> str:
        return self.plain if scheme == "dax" else self.encrypted


NODES = {
    "one node": ("--dax-nodes", "1"),
    "three nodes": ("--dax-nodes", "3"),
    "three processes": ("--dax-nodes", "3", "--dax-processes"),
}


@pytest.fixture(scope="session", params=NODES)
def dax_server(request: pytest.FixtureRequest, target: str) -> Iterator[DaxServer]:
    if target != "jedlik":
        pytest.skip("only Jedlik serves DAX here")
    plain, encrypted = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="jedlik-dax-") as folder:
        ports = ("--dax-port", str(plain), "--dax-tls-port", str(encrypted))
        # Batches of 16 MB at once are more than AWS's tables give in a second.
        free = ("--throttling", "off")
        with Server("--data", folder, *ports, *free, *NODES[request.param]) as server:
            authority = Path(folder) / "dax" / "ca.pem"
            _wait_for(Path(folder) / "dax" / "server.json")
            yield DaxServer(
                server.endpoint,
                f"dax://127.0.0.1:{plain}",
                f"daxs://127.0.0.1:{encrypted}",
                str(authority),
            )


@pytest.fixture(scope="session")
def over_http(dax_server: DaxServer) -> Any:
    """boto3 for the DynamoDB of the same server."""
    return boto3.client(
        "dynamodb",
        endpoint_url=dax_server.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        # What it would refuse itself, the server is to refuse.
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


def pair_table(dynamodb: Any, name: str) -> None:
    """Make a table with the keys pk, a text, and sk, a number."""
    keys = (("pk", "S", "HASH"), ("sk", "N", "RANGE"))
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": role} for key, _, role in keys],
        AttributeDefinitions=[{"AttributeName": k, "AttributeType": t} for k, t, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    wait_active(dynamodb, name)


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + CERTIFICATE_S_MAX
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} did not come"
        time.sleep(0.02)
