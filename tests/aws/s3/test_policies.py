"""What policies of users and buckets refuse, in S3's words, and the condition keys of objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.people import fresh, iam, keys_of, user

__all__ = ["fresh", "iam", "keys_of", "user"]

Allow = Callable[..., None]


@pytest.fixture
def allow(iam: Any, user: str) -> Allow:
    """allow(actions, resources, condition): all that the user may do from now on."""

    def allowed(actions: list[str], on: list[str], when: dict[str, Any] | None = None) -> None:
        statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": on}
        if when is not None:
            statement["Condition"] = when
        document = {"Version": "2012-10-17", "Statement": [statement]}
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(document))

    return allowed


@pytest.fixture
def theirs(make_client: Any, keys_of: Any, user: str) -> Any:
    """The user's client."""
    return make_client("s3", **keys_of(user))


def test_a_missing_key_is_told_to_those_who_may_list(
    s3: Any, bucket: str, theirs: Any, allow: Allow, user: str, refused: Any
) -> None:
    arn = f"arn:aws:s3:::{bucket}"
    with refused("AccessDenied", 403) as error:
        theirs.get_object(Bucket=bucket, Key="a key")
    assert error.message == (
        f"User: arn:aws:iam::000000000000:user/{user} is not authorized to perform: s3:GetObject "
        f'on resource: "{arn}/a key" because no identity-based policy allows the s3:GetObject '
        "action"
    )
    allow(["s3:GetObject"], [f"{arn}/*"])
    with refused("AccessDenied", 403) as error:
        theirs.get_object(Bucket=bucket, Key="k")
    assert error.message == "Access Denied"
    with refused("403", 403):
        theirs.head_object(Bucket=bucket, Key="k")
    allow(["s3:GetObject", "s3:ListBucket"], [arn, f"{arn}/*"])
    with refused("NoSuchKey", 404):
        theirs.get_object(Bucket=bucket, Key="k")


def test_writes_that_must_be_conditional(
    s3: Any, bucket: str, theirs: Any, allow: Allow, refused: Any
) -> None:
    on = [f"arn:aws:s3:::{bucket}/*"]
    allow(["s3:PutObject"], on, {"Null": {"s3:if-none-match": "false"}})
    with refused("AccessDenied", 403):
        theirs.put_object(Bucket=bucket, Key="k")
    theirs.put_object(Bucket=bucket, Key="k", IfNoneMatch="*")


def test_tags_that_a_request_brings(
    s3: Any, bucket: str, theirs: Any, allow: Allow, refused: Any
) -> None:
    on = [f"arn:aws:s3:::{bucket}/*"]
    when = {"StringEquals": {"s3:RequestObjectTag/team": "blue"}}
    allow(["s3:PutObject"], on)
    with refused("AccessDenied", 403) as error:
        theirs.put_object(Bucket=bucket, Key="k", Tagging="team=blue")
    assert "s3:PutObjectTagging" in error.message
    allow(["s3:PutObject", "s3:PutObjectTagging"], on, when)
    with refused("AccessDenied", 403):
        theirs.put_object(Bucket=bucket, Key="k", Tagging="team=red")
    theirs.put_object(Bucket=bucket, Key="k", Tagging="team=blue")
    red = {"TagSet": [{"Key": "team", "Value": "red"}]}
    with refused("AccessDenied", 403):
        theirs.put_object_tagging(Bucket=bucket, Key="k", Tagging=red)


def test_tags_that_an_object_has(
    s3: Any, bucket: str, theirs: Any, user: str, refused: Any
) -> None:
    for colour in ("red", "blue"):
        s3.put_object(Bucket=bucket, Key=colour, Tagging=f"team={colour}")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::000000000000:user/{user}"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"s3:ExistingObjectTag/team": "blue"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    theirs.get_object(Bucket=bucket, Key="blue")
    with refused("AccessDenied", 403):
        theirs.get_object(Bucket=bucket, Key="red")
