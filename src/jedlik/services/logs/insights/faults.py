"""Malformed: a query that cannot be read, or that asks for what is not there."""

from __future__ import annotations


class Malformed(Exception):
    """start, end: which characters of the query are meant."""

    def __init__(self, message: str, start: int = 0, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = start if end is None else end
