"""Policy documents as tests write them, and exact refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> str:
    """A document of one statement. more: Condition=…"""
    return document({"Effect": "Allow", "Action": list(actions), "Resource": on, **more})


def trust(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> str:
    """A role's trust policy. principal: {"AWS": arn}, {"Federated": arn} …"""
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    """Code, text and status with which a boto3 call was refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return response["Error"]["Code"], response["Error"]["Message"], status


def denied(call: Callable[..., Any], **parameters: Any) -> str:
    """The text of an AccessDeniedException."""
    code, text, status = refused(call, **parameters)
    assert (code, status) == ("AccessDeniedException", 400), text
    return text
