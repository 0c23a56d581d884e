"""Context: everything an operation may know besides its request."""

from __future__ import annotations

from typing import Any

from .errors import ApiError


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

    __slots__ = (
        "account",
        "db",
        "granted",
        "now",
        "principal",
        "refused",
        "region",
        "request_id",
        "settings",
        "tables",
    )

    def __init__(
        self,
        db: Any,
        account: str,
        region: str,
        principal: Any,
        request_id: str,
        now: float,
        settings: Any = None,
        tables: Any = None,
    ) -> None:
        self.db = db
        self.account = account
        self.region = region
        self.principal = principal
        self.request_id = request_id
        self.now = now
        self.settings = settings
        self.tables = tables
        self.granted: frozenset[str] = frozenset()
        self.refused: dict[int, ApiError] | None = None

    def of(self, principal: Any) -> Context:
        """The same request by another principal."""
        other = Context(
            self.db,
            self.account,
            self.region,
            principal,
            self.request_id,
            self.now,
            self.settings,
            self.tables,
        )
        other.granted = self.granted
        other.refused = self.refused
        return other
