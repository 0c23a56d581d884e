"""Whoever wants to know how requests went: told by the gateway and the plans, after the fact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from jedlik.api.context import Context
from jedlik.api.operation import Operation


class Observer(Protocol):
    """Must be quick, and raise nothing."""

    def served(self, ctx: Context, operation: Operation, took_s: float) -> None:
        """An operation was answered with success, so long after its request had come."""

    def counter(self, ctx: Context, operation: Operation) -> Callable[[float], None] | None:
        """What `served` does for requests like this one, from how long they took: good for as long
        as the table that they are about is the same. None where there is no such short way."""

    def failed(self, ctx: Context, operation: Operation, error: Exception) -> None:
        """An operation was refused, or failed: `error` is what it raised, not yet translated."""
