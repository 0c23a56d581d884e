"""What requests have in common: ARNs for policies, pages, locations."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.services.athena import errors
from jedlik.services.athena.records import PRIMARY
from jedlik.services.athena.store import Store
from jedlik.services.glue import Catalog

T = TypeVar("T")
DATA_CATALOG = "AwsDataCatalog"
_LOCATION = re.compile(r"s3[an]?://([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)

Request = Mapping[str, Any]


def store_of(ctx: Context) -> Store:
    return Store(ctx.db, ctx.account, ctx.region)


def catalog_of(ctx: Context, req: Request) -> Catalog:
    """The catalog that a request names. Raises InvalidRequestException."""
    name = req.get("CatalogName") or req.get("Name") or DATA_CATALOG
    if name.lower() != DATA_CATALOG.lower():
        raise errors.no_data_catalog(name)
    return Catalog(ctx.db, ctx.account, ctx.region)


def work_group_arn(ctx: Context, name: str) -> str:
    return f"arn:aws:athena:{ctx.region}:{ctx.account}:workgroup/{name}"


def work_group_arns(ctx: Context, req: Request) -> list[str]:
    """Of operations that name their work group, or mean the first one."""
    name = req.get("WorkGroup") or PRIMARY
    return [work_group_arn(ctx, str(name))]


def named_arns(ctx: Context, req: Request) -> list[str]:
    """Of operations that have the work group's own name in "Name"."""
    return [work_group_arn(ctx, str(req.get("Name") or "*"))]


def catalog_arns(ctx: Context, req: Request) -> list[str]:
    name = req.get("CatalogName") or req.get("Name") or DATA_CATALOG
    return [f"arn:aws:athena:{ctx.region}:{ctx.account}:datacatalog/{name}"]


def resource_arns(ctx: Context, req: Request) -> list[str]:
    return [req["ResourceARN"]]


class AsksByRecord:
    """Asks for an action on the work groups of the queries that a request names by their ids."""

    def __init__(self, action: str, *, named: bool = False) -> None:
        self._action, self._named = action, named

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask] | None:
        return None

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        store = store_of(ctx)
        key = "NamedQueryId" if self._named else "QueryExecutionId"
        found = set()
        for each in req.get(f"{key}s") or [req[key]]:
            try:
                if self._named:
                    found.add((await store.named_query(each)).work_group)
                else:
                    found.add((await store.execution(each)).work_group)
            except ApiError:
                continue  # the operation says that it is not there
        return [Ask(f"athena:{self._action}", work_group_arn(ctx, name)) for name in sorted(found)]


def page(found: Sequence[T], req: Request, page_max: int) -> tuple[Sequence[T], dict[str, str]]:
    """The part of `found` that a request asks for, and the token of the rest."""
    first = place_in(req["NextToken"]) if req.get("NextToken") else 0
    end = first + page_size(req, page_max)
    if end >= len(found):
        return found[first:], {}
    return found[first:end], {"NextToken": to_token(str(end))}


def page_size(req: Request, page_max: int) -> int:
    """How many to list. Some operations take a zero: as many as without it, unverified."""
    asked: int = req.get("MaxResults") or page_max
    return asked


def to_token(place: str) -> str:
    return urlsafe_b64encode(place.encode()).decode()


def from_token(token: str) -> str:
    """Raises InvalidRequestException."""
    try:
        found = urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        raise errors.invalid("Invalid token") from None  # unverified
    if not found:
        raise errors.invalid("Invalid token")
    return found


def place_in(token: str) -> int:
    """The number that a token stands for. Raises InvalidRequestException."""
    found = from_token(token)
    if not (found.isascii() and found.isdigit() and len(found) < 19):
        raise errors.invalid("Invalid token")
    return int(found)


def split_location(uri: str) -> tuple[str, str]:
    """Bucket and prefix of an "s3://bucket/prefix/", the prefix ending in a slash. Raises
    InvalidRequestException."""
    found = _LOCATION.fullmatch(uri)
    if found is None:
        raise errors.bad_location()
    prefix = (found[2] or "").lstrip("/")
    return found[1], f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
