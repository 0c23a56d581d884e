"""Resource-based policies of tables and streams: kept and returned as they were sent.

Table.policies: resource ARN -> {"policy": the JSON text, "revision": a number as text}.
"""

from __future__ import annotations

from jedlik.api.context import Context
from jedlik.identity.policy import Malformed, check_document
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
        check_document(text, kind="resource")
    except Malformed as fault:
        raise validation(f"Invalid policy document: {fault.message}") from None
    revision = max(now_ms, int(after) + 1 if after else 0)
    return {"policy": text, "revision": str(revision)}


def policy_resource(ctx: Context, arn: str) -> ResourceName:
    """The table or stream whose policy is meant; indexes have none of their own."""
    named = resource_name(ctx, arn)
    if named.kind == "index":
        raise validation(f"1 validation error detected: Invalid resource in '{arn}'")
    return named
