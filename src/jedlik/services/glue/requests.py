"""What requests have in common: the catalog, ARNs for policies, pages."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from jedlik.api.context import Context
from jedlik.services.glue.errors import invalid
from jedlik.services.glue.store import Catalog, NotThere

PAGE_MAX = 100

Request = Mapping[str, Any]


def catalog_of(ctx: Context, req: Request) -> Catalog:
    """Raises NotThere: a catalog's id is its account's."""
    if req.get("CatalogId", ctx.account) != ctx.account:
        raise NotThere("Database", str(req["CatalogId"]))
    return Catalog(ctx.db, ctx.account, ctx.region)


def catalog_arns(ctx: Context, req: Request) -> list[str]:
    return [f"arn:aws:glue:{ctx.region}:{ctx.account}:catalog"]


def database_arns(ctx: Context, req: Request) -> list[str]:
    """Glue asks for what is named and for all that it is in."""
    given = req.get("DatabaseInput") or {}
    name = str(req.get("Name") or given.get("Name") or "*").lower()
    return [
        *catalog_arns(ctx, req),
        f"arn:aws:glue:{ctx.region}:{ctx.account}:database/{name}",
    ]


def table_arns(ctx: Context, req: Request) -> list[str]:
    database = str(req.get("DatabaseName", "*")).lower()
    given = req.get("TableInput") or {}
    name = str(req.get("TableName") or req.get("Name") or given.get("Name") or "*").lower()
    place = f"arn:aws:glue:{ctx.region}:{ctx.account}"
    return [
        *catalog_arns(ctx, req),
        f"{place}:database/{database}",
        f"{place}:table/{database}/{name}",
    ]


def page(
    found: Sequence[dict[str, Any]], req: Request, page_max: int = PAGE_MAX
) -> tuple[Sequence[dict[str, Any]], dict[str, str]]:
    """The part of `found` that a request asks for, and the token of the rest."""
    first = 0
    if req.get("NextToken"):
        try:
            place = urlsafe_b64decode(req["NextToken"]).decode()
        except ValueError:
            place = ""
        if not (place.isascii() and place.isdigit() and len(place) < 19):
            raise invalid("Invalid token")  # unverified
        first = int(place)
    end = first + req.get("MaxResults", page_max)
    if end >= len(found):
        return found[first:], {}
    return found[first:end], {"NextToken": urlsafe_b64encode(str(end).encode()).decode()}
