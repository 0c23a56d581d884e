"""Fixtures of the tests of IAM and STS: clients, fresh names, users with keys.

The server is shared, and IAM's names are an account's. A conftest.py imports what it needs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def iam(make_client: Callable[..., Any]) -> Any:
    return make_client("iam")


@pytest.fixture(scope="session")
def sts(make_client: Callable[..., Any]) -> Any:
    return make_client("sts")


@pytest.fixture
def fresh() -> Callable[[str], str]:
    """fresh("user"): a name that nobody has."""
    return lambda stem: f"{stem}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def user(iam: Any, fresh: Callable[[str], str]) -> str:
    """A user's name."""
    name = fresh("user")
    iam.create_user(UserName=name)
    return name


@pytest.fixture
def keys_of(iam: Any) -> Callable[[str], dict[str, str]]:
    """keys_of(user): a new access key, as make_client takes it."""

    def make(name: str) -> dict[str, str]:
        return as_client(iam.create_access_key(UserName=name)["AccessKey"])

    return make


def as_client(found: dict[str, str]) -> dict[str, str]:
    keys = {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
    }
    if "SessionToken" in found:
        keys["aws_session_token"] = found["SessionToken"]
    return keys
