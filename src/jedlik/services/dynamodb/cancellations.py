"""Why a transaction was cancelled, one reason for each of its items, in AWS's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jedlik.api.errors import ApiError
from jedlik.services.dynamodb.errors import NAMESPACE, short_code, throttled
from jedlik.tables.charges import INNOCENT, throttled_reason
from jedlik.tables.errors import Invalid, Reason, Throttled, TransactionCancelled
from jedlik.tables.keys import Key
from jedlik.tables.model import Table

Item = dict[str, Any]


class KeyPlaces:
    """The places of a transaction's items; keys that do not fit cancel it, each for itself.

    Unverified: whether AWS cancels or refuses with a plain ValidationException; the documented
    "user error, such as an invalid data format" is a cancellation.
    """

    def __init__(self) -> None:
        self._places: list[tuple[Table, Key]] = []
        self._reasons: list[Reason] = []

    def add(self, table: Table, key_of: Callable[[Table, Item], Key], attributes: Item) -> None:
        """Look at one item's key."""
        try:
            self._places.append((table, key_of(table, attributes)))
            self._reasons.append(INNOCENT)
        except Invalid as error:
            self._reasons.append(Reason("ValidationError", error.message))

    def all_or_cancelled(self) -> list[tuple[Table, Key]]:
        """Every place; raises TransactionCancelled, or Invalid when an item is there twice."""
        if len(self._places) < len(self._reasons):
            raise TransactionCancelled(self._reasons)
        if len({(table.space, key) for table, key in self._places}) < len(self._places):
            raise Invalid("Transaction request cannot include multiple operations on one item")
        return self._places


def cancelled(reasons: Sequence[Reason], shows_old: Sequence[bool]) -> ApiError:
    """The refusal; `shows_old` says of each item whether its old image was asked for."""
    told = []
    reasons = [_in_words(reason) for reason in reasons]
    for reason, with_old in zip(reasons, shows_old, strict=True):
        one: dict[str, Any] = {"Code": reason.code}
        if reason.message is not None:
            one["Message"] = reason.message
        failed = reason.code == "ConditionalCheckFailed"
        if with_old and failed and reason.old is not None:
            one["Item"] = reason.old.item
        told.append(one)
    codes = ", ".join(reason.code for reason in reasons)
    return ApiError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        namespace=NAMESPACE,
        message_key="Message",
        fields={"CancellationReasons": told},
    )


def _in_words(reason: Reason) -> Reason:
    """A reason of the write door with AWS's code and text."""
    if reason.throttled is None:
        return reason
    refusal = throttled(reason.throttled)
    return Reason(short_code(refusal), refusal.message)


def throttled_reasons(faults: Sequence[Throttled | None]) -> list[Reason]:
    """One reason for each item: those that must wait say so."""
    return [INNOCENT if each is None else throttled_reason(each) for each in faults]
