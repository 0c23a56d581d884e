"""Fixtures of CloudWatch's tests: a client for each protocol, fresh namespaces, exact refusals."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

SETTLED_S_MAX = 30
PROTOCOLS = ("json", "query", "smithy-rpc-v2-cbor")


@pytest.fixture(scope="session")
def cloudwatch_by(client_settings: dict[str, Any]) -> Callable[[str], Any]:
    """cloudwatch_by(protocol): a client that speaks it, and lets through what it would refuse."""
    import botocore.session
    from botocore.config import Config

    config = client_settings.get("config", Config()).merge(Config(parameter_validation=False))

    def make(protocol: str) -> Any:
        session = botocore.session.get_session()
        loader = session.get_component("data_loader")
        load = loader.load_service_model

        def load_with_protocol(service: str, kind: str, *more: Any, **other: Any) -> Any:
            found = load(service, kind, *more, **other)
            if service == "cloudwatch" and kind == "service-2":
                chosen = {"protocol": protocol, "protocols": [protocol]}
                found = {**found, "metadata": {**found["metadata"], **chosen}}
            return found

        loader.load_service_model = load_with_protocol
        client = session.create_client("cloudwatch", **{**client_settings, "config": config})
        assert client.meta.service_model.resolved_protocol == protocol
        return client

    made: dict[str, Any] = {}
    return lambda protocol: made.setdefault(protocol, make(protocol))


@pytest.fixture(params=PROTOCOLS)
def any_cloudwatch(request: pytest.FixtureRequest, cloudwatch_by: Callable[[str], Any]) -> Any:
    """A client of each protocol in turn."""
    return cloudwatch_by(request.param)


@pytest.fixture(scope="session")
def cloudwatch(cloudwatch_by: Callable[[str], Any]) -> Any:
    """A client of the protocol that boto3 takes by itself."""
    return cloudwatch_by("json")


@pytest.fixture
def namespace() -> str:
    """A namespace that no other test has."""
    return f"Test/{uuid.uuid4().hex}"


@pytest.fixture
def fresh() -> Callable[[], str]:
    """fresh(): a name that no other test has."""
    return lambda: f"t-{uuid.uuid4().hex[:16]}"


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    """Code, message and status of the refusal that a call gets."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    error = answer["Error"]
    return error["Code"], error["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def eventually(look: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """What `look` finds once it is as wanted."""
    deadline = time.monotonic() + SETTLED_S_MAX
    while True:
        found = look()
        if wanted(found):
            return found
        assert time.monotonic() < deadline, f"still {found} after {SETTLED_S_MAX} s"
        time.sleep(0.05)
