"""Context: everything an operation may know besides its request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import ApiError


@dataclass(slots=True)
class Context:
    """Made by the gateway for one request, handed to the operation and to its translations.

    db: the tables' Database. principal: who signed, as `identity` describes them (None: an
    unknown developer in open mode). now: epoch seconds when the request arrived; operations read
    no other clock. settings: the process's settings, read by attribute. tables: set by the
    operation to the table, or a list of those, that it is about, for whoever counts requests.

    granted: other accounts whose resources policies let the request at. refused: for operations
    that answer members of a list one by one, what is to be told at which place instead.

    `db`, `principal` and `settings` are untyped here because `api` imports nothing of ours.
    """

    db: Any
    account: str
    region: str
    principal: Any
    request_id: str
    now: float
    settings: Any = None
    tables: Any = None
    granted: frozenset[str] = frozenset()
    refused: dict[int, ApiError] | None = None
