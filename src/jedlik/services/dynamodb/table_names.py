"""From what a request calls a table (a name, or an ARN) to the table's name.

AWS accepts a table's ARN wherever it accepts its name. An ARN must be of the region that is asked
and of the caller's own account; for whoever goes on with `owner_of` (`abroad`), also of one whose
resource policy lets the caller in (`Context.granted`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from jedlik.api.context import Context
from jedlik.services.dynamodb.errors import access_denied, validation

NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
ARN = re.compile(r"arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)", re.DOTALL)
INVALID_NAME = (
    "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, "
    "and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'"
)


class ResourceName(NamedTuple):
    """What an ARN points to: a table, or one of its indexes or streams."""

    table: str
    kind: str = ""  # "", "index" or "stream"
    part: str = ""  # the index's name, the stream's label


def table_name(
    ctx: Context, name_or_arn: str, *, abroad: bool = False, any_region: bool = False
) -> str:
    """The name of the table meant, well-formed but perhaps of no table. Raises ApiError."""
    if NAME.fullmatch(name_or_arn):
        return name_or_arn
    if not name_or_arn.startswith("arn:"):
        raise validation(INVALID_NAME)
    found = resource_name(ctx, name_or_arn, abroad=abroad, any_region=any_region)
    if found.kind:
        raise invalid_arn("resource", name_or_arn)
    return found.table


def resource_name(
    ctx: Context, arn: str, *, abroad: bool = False, any_region: bool = False
) -> ResourceName:
    """What the ARN of a table, index or stream of this account and region names. Raises ApiError.

    abroad: the account may be another that has let the caller in; `owner_of` tells which.
    any_region: the region may be another; `region_of` tells which.

    Unverified but for the region's text, which AWS was seen to answer (an issue of Terraform's
    AWS provider, 42792).
    """
    parts = ARN.fullmatch(arn)
    if parts is None or parts[1] not in ("aws", "aws-cn", "aws-us-gov"):
        raise invalid_arn("ARN", arn)
    if parts[2] != "dynamodb":
        raise invalid_arn("service", arn)
    if parts[4] != ctx.account and not (abroad and parts[4] in ctx.granted):
        raise access_denied(
            f"User: {user_arn(ctx)} is not authorized to access the resource: {arn}"
        )
    if parts[3] != ctx.region and not any_region:
        raise invalid_arn("AWS region", arn)
    path = parts[5].split("/", 3)
    if path[0] != "table" or len(path) not in (2, 4) or not NAME.fullmatch(path[1]):
        raise invalid_arn("resource", arn)
    if len(path) == 2:
        return ResourceName(path[1])
    if path[2] not in ("index", "stream"):
        raise invalid_arn("resource", arn)
    return ResourceName(path[1], path[2], path[3])


def owner_of(ctx: Context, name_or_arn: str) -> str:
    """The account whose table is meant; the name is known to be well-formed."""
    if ctx.granted and name_or_arn.startswith("arn:"):
        return name_or_arn.split(":", 5)[4]
    return ctx.account


def region_of(ctx: Context, name_or_arn: str) -> str:
    """The region whose table is meant; the name is known to be well-formed."""
    return name_or_arn.split(":", 5)[3] if name_or_arn.startswith("arn:") else ctx.region


def invalid_arn(what: str, arn: str) -> Exception:
    return validation(f"1 validation error detected: Invalid {what} in '{arn}'")


def user_arn(ctx: Context) -> str:
    """Who asks, as AWS names them in refusals."""
    found = getattr(ctx.principal, "arn", None)
    return str(found) if found else f"arn:aws:iam::{ctx.account}:root"


def table_arn(ctx: Context, name_or_arn: str) -> str:
    """The ARN of the table meant."""
    if name_or_arn.startswith("arn:"):
        return name_or_arn
    return f"arn:aws:dynamodb:{ctx.region}:{ctx.account}:table/{name_or_arn}"


def table_arns(ctx: Context, req: dict[str, Any]) -> list[str]:
    """The ARNs of all tables (and the index) that a request names, for authorisation.

    Reads TableName, RequestItems, TransactItems and ResourceArn; ["*"] if there is none.
    """
    name = req.get("TableName")
    if isinstance(name, str):
        arn = table_arn(ctx, name)
        index = req.get("IndexName")
        return [f"{arn}/index/{index}"] if isinstance(index, str) else [arn]
    names = dict.fromkeys(_named_tables(req))
    if names:
        return [table_arn(ctx, each) for each in names]
    resource = req.get("ResourceArn")
    return [resource] if isinstance(resource, str) else ["*"]


def _named_tables(req: dict[str, Any]) -> Iterable[str]:
    yield from req.get("RequestItems") or ()
    for item in req.get("TransactItems") or ():
        for action in item.values():
            if isinstance(action, dict) and isinstance(action.get("TableName"), str):
                yield action["TableName"]
