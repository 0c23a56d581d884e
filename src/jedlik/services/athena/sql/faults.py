"""What can be wrong with a statement."""

from __future__ import annotations


class Malformed(Exception):
    """It cannot be read: StartQueryExecution refuses it. The text is for the client."""


class Failed(Exception):
    """It cannot be done: the query becomes FAILED. The text is its reason.

    category: of the AthenaError: 1 is the system's fault, 2 the user's, 3 another's. type: its
    number in AWS's list ("Athena error catalog").
    """

    def __init__(self, reason: str, *, category: int = 2, type: int = 1301) -> None:
        super().__init__(reason)
        self.reason, self.category, self.type = reason, category, type
