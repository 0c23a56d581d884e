"""What can go wrong in the database, in its own words; services turn these into AWS's errors.

`Invalid` carries the full text, because the check that finds a mistake knows it best.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from jedlik.values import Invalid

if TYPE_CHECKING:
    from jedlik.tables.stored import Stored

__all__ = [
    "PARTITION_KEY_TOO_LONG",
    "SORT_KEY_TOO_LONG",
    "BadKey",
    "CollectionTooLarge",
    "ConditionFailed",
    "Contended",
    "IdempotencyMismatch",
    "Invalid",
    "Reason",
    "TableError",
    "TableExists",
    "TableNotFound",
    "ThrottleReason",
    "Throttled",
    "TransactionCancelled",
    "TransactionInProgress",
]

PARTITION_KEY_TOO_LONG = (
    "One or more parameter values were invalid: "
    "Size of hashkey has exceeded the maximum size limit of2048 bytes"
)
SORT_KEY_TOO_LONG = (
    "One or more parameter values were invalid: "
    "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
)


class TableError(Exception):
    """The base of all errors of this layer but `Invalid`."""


class TableNotFound(TableError):
    """No table of that name in that account and region. `name` is the name asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class TableExists(TableError):
    """A table of that name is there already."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class BadKey(TableError):
    """A key that does not fit the schema: missing, of another type, empty, or too long."""


class ConditionFailed(TableError):
    """The condition of a write does not hold. `old` is the item it was judged on, or None.

    `written_units_size` is the size in bytes that the failed write is charged for.
    """

    def __init__(self, old: Stored | None, *, charged_bytes: int = 0) -> None:
        super().__init__()
        self.old = old
        self.charged_bytes = charged_bytes


class CollectionTooLarge(TableError):
    """An item collection would exceed 10 GB. `guilty`: places of the writes that let it grow."""

    def __init__(self, guilty: Collection[int]) -> None:
        super().__init__()
        self.guilty = guilty


class Contended(TableError):
    """Other writers won every bounded retry."""


ThrottleReason = Literal["provisioned", "account", "key_range", "max_on_demand"]
"""Which limit was met: the table's or index's own units, the quota of a table, that of a part of
its keys, or the maximum set for an on-demand one."""


class Throttled(TableError):
    """A table or index has given what it may for now. `resource` is its ARN.

    access: "read" or "write". is_on_demand: how the resource is billed.
    """

    def __init__(
        self,
        reason: ThrottleReason,
        access: Literal["read", "write"],
        resource: str,
        *,
        is_index: bool,
        is_on_demand: bool,
    ) -> None:
        super().__init__(reason, access, resource)
        self.reason: ThrottleReason = reason
        self.access = access
        self.resource = resource
        self.is_index = is_index
        self.is_on_demand = is_on_demand


class Reason(Struct, frozen=True):
    """Why one item of a transaction could not be done. `code` is "None" for an innocent item.

    throttled: with the code "Throttled", which services put in AWS's words.
    """

    code: str
    message: str | None = None
    old: Stored | None = None
    throttled: Throttled | None = None


class TransactionCancelled(TableError):
    """A transaction did not happen; one reason for each of its items, in order."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__()
        self.reasons = reasons


class IdempotencyMismatch(TableError):
    """A client token was used before, with other parameters."""


class TransactionInProgress(TableError):
    """A transaction with the same client token is under way."""
