"""Rules of the table operations that AWS checks before it looks the table up."""

from __future__ import annotations

from typing import Any

from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.table_names import NAME

Request = dict[str, Any]


def table_name_given(req: Request) -> str | None:
    """The table operations have texts of their own for a TableName that is absent or short.

    As dynalite recorded them; an ARN, which came later, is looked at by table_names.py.
    """
    name = req.get("TableName")
    if name is None:
        return "The parameter 'TableName' is required but was not present in the request"
    if len(name) < 3 or (len(name) > 255 and not name.startswith("arn:")):
        return "TableName must be at least 3 characters long and at most 255 characters long"
    return None


def new_table_name(req: Request) -> str | None:
    """A new table's name, of which AWS still tells the pattern; an ARN is looked at later."""
    name = req["TableName"]
    if not NAME.fullmatch(name) and not name.startswith("arn:"):
        return (
            f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )
    return None


def tags_given(req: Request) -> str | None:
    """What a list of tags must be. Unverified but for the empty list (dynalite)."""
    tags = req.get("Tags")
    if tags is None:
        return None
    if not tags:
        return "Atleast one Tag needs to be provided as Input."
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) < len(keys):
        return "One or more parameter values were invalid: Duplicate Tag Keys are not allowed"
    if len(keys) > limits.TAGS_MAX:
        return (
            "One or more parameter values were invalid: Too many Tags: "
            f"{len(keys)}. The maximum is {limits.TAGS_MAX}"
        )
    for key in keys:
        if key.lower().startswith("aws:"):
            return (
                "One or more parameter values were invalid: Tag keys starting with 'aws:' are "
                "reserved for system use"
            )
    return None
