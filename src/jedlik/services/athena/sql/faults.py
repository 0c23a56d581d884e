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


def ddl_failed(text: str) -> Failed:
    """As Hive says that a statement about its catalog went wrong."""
    return Failed(
        "FAILED: Execution Error, return code 1 from "
        f"org.apache.hadoop.hive.ql.exec.DDLTask. {text}"
    )


def there_already(what: str) -> Failed:
    """what: "Table t already exists" or the like."""
    return ddl_failed(f"AlreadyExistsException(message:{what})")


def semantic(number: int, text: str) -> Failed:
    """As Hive says that a statement makes no sense. number: of its error."""
    return Failed(f"FAILED: SemanticException [Error {number}]: {text}")
