"""Our signer against botocore's, the oracle."""

from __future__ import annotations

import calendar
import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from jedlik.identity.signing import sign


@pytest.mark.parametrize(
    ("method", "target", "body", "token"),
    [
        ("POST", "/", b"{}", None),
        ("POST", "/", b"", "token/+="),
        ("GET", "/a%20b/c?z=1&a=%C3%A9&empty=", b"", None),
    ],
)
def test_signs_like_botocore(method: str, target: str, body: bytes, token: str | None) -> None:
    request = AWSRequest(
        method,
        f"http://127.0.0.1:8000{target}",
        headers={"X-Amz-Target": "DynamoDB_20120810.ListTables"},
        data=body,
    )
    SigV4Auth(Credentials("AKID", "secret", token), "dynamodb", "eu-west-1").add_auth(request)
    stamp = request.context["timestamp"]
    ours = sign(
        method,
        target,
        {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Host": "127.0.0.1:8000"},
        body,
        access_key="AKID",
        secret_key="secret",
        session_token=token,
        region="eu-west-1",
        service="dynamodb",
        now=calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ")),
    )
    assert ours["Authorization"] == request.headers["Authorization"]
