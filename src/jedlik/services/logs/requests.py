"""What requests have in common: ARNs for policies, names, pages."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from jedlik.api.context import Context
from jedlik.services.logs.errors import invalid, invalid_token, no_group
from jedlik.services.logs.store import Logs

T = TypeVar("T")
PAGE_MAX = 50


def logs_of(ctx: Context) -> Logs:
    return Logs(ctx.db, ctx.account, ctx.region)


def group_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    """A group's ARN ends in ":*" in policies, and a stream's in its name."""
    name = req.get("logGroupName") or req.get("logGroupIdentifier") or "*"
    if name.startswith("arn:"):
        arn = name.removesuffix(":*")
    else:
        arn = f"arn:aws:logs:{ctx.region}:{ctx.account}:log-group:{name}"
    stream = req.get("logStreamName")
    return [f"{arn}:log-stream:{stream}" if isinstance(stream, str) else f"{arn}:*"]


def groups_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    """Of the groups in logGroupName, logGroupNames or logGroupIdentifiers."""
    named = [*req.get("logGroupNames", ()), *req.get("logGroupIdentifiers", ())]
    if "logGroupName" in req or not named:
        named.append(req.get("logGroupName"))
    return [arn for each in named for arn in group_arns(ctx, {"logGroupName": each})]


def destination_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    name = req.get("destinationName", "*")
    return [f"arn:aws:logs:{ctx.region}:{ctx.account}:destination:{name}"]


def resource_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    return [req["resourceArn"]]


def group_name(ctx: Context, req: Mapping[str, Any]) -> str:
    """The name in logGroupName or logGroupIdentifier. Raises ApiError."""
    name, other = req.get("logGroupName"), req.get("logGroupIdentifier")
    if (name is None) == (other is None):
        raise invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.")
    return name if name is not None else named(ctx, str(other))


def named(ctx: Context, name_or_arn: str) -> str:
    """A group's name from its name or ARN."""
    if not name_or_arn.startswith("arn:"):
        return name_or_arn
    parts = name_or_arn.removesuffix(":*").split(":", 6)
    if len(parts) != 7 or parts[2] != "logs" or parts[5] != "log-group":
        raise invalid("The ARN is not that of a log group.")
    if (parts[3], parts[4]) != (ctx.region, ctx.account):
        raise no_group()
    return parts[6]


def keyed_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    """Of the group in logGroupName or resourceIdentifier."""
    if "logGroupName" in req:
        return group_arns(ctx, req)
    return [str(req.get("resourceIdentifier", "*"))]


def keyed_group(ctx: Context, req: Mapping[str, Any]) -> str:
    """The same group's name. Raises ApiError. Unverified texts; keys for query results, which
    resourceIdentifier may name as well, are not there."""
    name, other = req.get("logGroupName"), req.get("resourceIdentifier")
    if (name is None) == (other is None):
        raise invalid("Exactly one of logGroupName and resourceIdentifier must be specified.")
    return name if name is not None else named(ctx, str(other))


def check_available(req: Mapping[str, Any], *members: str) -> None:
    """Raises ApiError where a request asks for what is only AWS's: selecting by account or region,
    where logs of several come together."""
    for member in members:
        if req.get(member):
            raise invalid(f"{member} is not available in Jedlik.")


def page(found: Sequence[T], req: Mapping[str, Any]) -> tuple[Sequence[T], dict[str, str]]:
    """The part of `found` that a request asks for, and the token of the rest."""
    first = place_in(from_token(req["nextToken"])) if "nextToken" in req else 0
    end = first + req.get("limit", PAGE_MAX)
    if end >= len(found):
        return found[first:], {}
    return found[first:end], {"nextToken": to_token(str(end))}


def to_token(place: str) -> str:
    return urlsafe_b64encode(place.encode()).decode()


def from_token(token: str) -> str:
    """What `to_token` was given. Raises ApiError for what it did not make."""
    try:
        found = urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        raise invalid_token() from None
    if not found or to_token(found) != token:
        raise invalid_token()
    return found


def place_in(text: str) -> int:
    """The number of a token. Raises ApiError."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise invalid_token()
    return int(text)


def check_language(req: Mapping[str, Any]) -> None:
    """Raises ApiError for the languages that are not here."""
    if req.get("queryLanguage", "CWLI") != "CWLI":
        raise invalid(f"The query language {req['queryLanguage']} is not available in Jedlik.")
