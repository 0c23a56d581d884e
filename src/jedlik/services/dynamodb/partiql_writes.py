"""Writing for PartiQL: one statement through the one door, and what RETURNING gives back."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.services.dynamodb.errors import NAMESPACE
from jedlik.services.dynamodb.partiql_requests import Asked
from jedlik.services.dynamodb.write_answers import condition_failed
from jedlik.tables.errors import ConditionFailed
from jedlik.tables.item_writes import ItemWrite, PutWrite, UpdateWrite, Written
from jedlik.tables.partiql.literals import Bound
from jedlik.tables.partiql.tree import Delete, Update
from jedlik.tables.write import write_one

Item = dict[str, Any]

DUPLICATE = "Duplicate primary key exists in table"


async def write_statement(ctx: Context, write: ItemWrite, asked: Asked) -> Written:
    """Do one write; raises DuplicateItemException or ConditionalCheckFailedException."""
    try:
        return await write_one(ctx.db, write)
    except ConditionFailed as error:
        if isinstance(write, PutWrite):
            raise duplicate() from None
        raise condition_failed(dict(asked), error) from None


def returned(bound: Bound, write: ItemWrite, written: Written) -> Item | None:
    """The attributes that RETURNING asks for; None where there are none."""
    does = bound.statement.does
    returning = does.returning if isinstance(does, (Update, Delete)) else None
    if returning is None:
        return None
    image = written.old if returning.endswith("OLD") else written.new
    if image is None:
        return None
    if returning.startswith("ALL"):
        return image.item
    assert isinstance(write, UpdateWrite) and write.update is not None
    update: Any = write.update
    if returning == "MODIFIED_OLD":
        return update.updated_old(image.item) or None
    return update.updated_new(image.item) or None


def duplicate() -> ApiError:
    """An INSERT found an item of that key."""
    return ApiError("DuplicateItemException", DUPLICATE, namespace=NAMESPACE)
