"""Ways: how an operation answers requests like one it has answered, from the body itself.

Most operations have none. One that has (`@operation(…, way=…)`) is asked, after an answer, for a
way to answer the like; whoever runs operations keeps it and tries it first. A way only answers what
it understands beyond doubt and at once; for anything else it says None, and the operation is run.
What it did may have to become durable first: then it says which answer comes later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .context import Context

Rows = Callable[[str], bool]
"""Whether a caller may have the row of a leading value (the partition key's, a string), by requests
that are otherwise alike and for as long as the table is the same."""


def every_row(value: str) -> bool:
    """For callers who may have all."""
    return True


class Later(Protocol):
    """An answer that must wait. waiting: what for: a future, by its methods."""

    waiting: Any

    def answer(self) -> bytes:
        """The answer, once what it waits for has come to a good end."""


class Way(Protocol):
    """For requests of one caller and region."""

    def answer(self, body: bytes, now: float) -> bytes | Later | None:
        """The answer; None leaves no trace. now: epoch seconds when the request arrived."""


WayOf = Callable[[Context, dict[str, Any], bytes, Rows], Way | None]
"""From a request that was answered, its body and the rows that its caller may have to the way of
the like, if there is one."""
