"""What S3 asks of a bucket's policy beside what every policy has to be: actions of S3, on this
bucket, and on what they are about.

Source: S3 user guide, "Bucket policies"; the refusals as SDKs' issues show them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from jedlik.services.s3.errors import malformed_policy
from jedlik.services.s3.records import Bucket

_OF_PARTS = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
_OF_BUCKET = ("s3:GetBucket", "s3:PutBucket", "s3:DeleteBucket", "s3:ListBucket")


def check_json(text: str) -> None:
    """Raises MalformedPolicy."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise malformed_policy("Policies must be valid JSON and the first byte must be '{'")


def check_statements(text: str, bucket: Bucket) -> None:
    """text: a policy that could be parsed. Raises MalformedPolicy."""
    for statement in _list(orjson.loads(text).get("Statement")):
        _check(statement, bucket)


def _check(statement: Mapping[str, Any], bucket: Bucket) -> None:
    actions = _list(statement.get("Action"))
    if any(action != "*" and not action.lower().startswith("s3:") for action in actions):
        raise malformed_policy("Policy has invalid action")
    resources = _list(statement.get("Resource"))
    for resource in resources:
        of_bucket, _, _ = resource.partition("/")
        if (
            resource != "*"
            and of_bucket != bucket.arn
            and not ("*" in of_bucket or "?" in of_bucket or "${" in of_bucket)
        ):
            raise malformed_policy("Policy has invalid resource")
    if not actions or not resources:
        return
    about_objects = all(_is_of_object(action) for action in actions)
    about_bucket = all(action.startswith(_OF_BUCKET) for action in actions)
    plain = [resource for resource in resources if resource == bucket.arn]
    below = [resource for resource in resources if resource.startswith(f"{bucket.arn}/")]
    if (about_objects and len(plain) == len(resources)) or (
        about_bucket and len(below) == len(resources)
    ):
        raise malformed_policy("Action does not apply to any resource(s) in statement")


def _is_of_object(action: str) -> bool:
    if "*" in action or "?" in action:
        return False
    return action in _OF_PARTS or ("Object" in action and not action.startswith(_OF_BUCKET))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
