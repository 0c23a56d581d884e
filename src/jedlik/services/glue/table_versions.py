"""Versions of tables as answers show them."""

from __future__ import annotations

from typing import Any

from jedlik.services.glue.store import Document, shown


def described(table: Document) -> dict[str, Any]:
    return {"Table": shown(table), "VersionId": table["VersionId"]}
