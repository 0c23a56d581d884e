"""Resource-based policies of tables and streams: kept and returned as they were sent.

Table.policies: resource ARN -> {"policy": the JSON text, "revision": a number as text}.
"""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.errors import validation
from jedlik.services.dynamodb.table_names import ResourceName, resource_name

NO_POLICY = "NO_POLICY"


def stored_policy(text: str, now_ms: int, *, after: str | None = None) -> dict[str, str]:
    """A policy as it is kept, with a revision id that grows. Raises ApiError.

    after: the revision that it replaces. Unverified: the texts for a bad policy.
    """
    if len(text.encode()) > limits.POLICY_BYTES_MAX:
        raise validation(
            "Resource-based policy size exceeds the maximum allowed size of "
            f"{limits.POLICY_BYTES_MAX} bytes"
        )
    try:
        policy = orjson.loads(text)
    except orjson.JSONDecodeError:
        policy = None
    if not _looks_like_a_policy(policy):
        raise validation("Invalid policy document: the policy is not in the valid JSON format")
    revision = max(now_ms, int(after) + 1 if after else 0)
    return {"policy": text, "revision": str(revision)}


def _looks_like_a_policy(policy: Any) -> bool:
    if not isinstance(policy, dict) or "Statement" not in policy:
        return False
    statements = policy["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    return isinstance(statements, list) and all(
        isinstance(each, dict) and each.get("Effect") in ("Allow", "Deny") for each in statements
    )


def policy_resource(ctx: Context, arn: str) -> ResourceName:
    """The table or stream whose policy is meant; indexes have none of their own."""
    named = resource_name(ctx, arn)
    if named.kind == "index":
        raise validation(f"1 validation error detected: Invalid resource in '{arn}'")
    return named
