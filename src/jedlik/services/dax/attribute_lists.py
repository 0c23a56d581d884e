"""Attribute lists: the names of an item's attributes, which clients and nodes know by a number.

Clients keep the numbers for as long as they live, so a number must mean the same on every node and
after a restart. It is made of the names themselves, by a hash; the internal table remembers which
names that were, for clients that know only the number:

    ("list", number) -> ["name", …]

Two lists of one hash are told apart when the second is stored: it takes the next number.
"""

from __future__ import annotations

from hashlib import blake2b

import orjson

from jedlik.api.errors import validation
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable

TABLE = "dax-attribute-lists"
GROUP = "list"
NUMBER_BITS = 48
"""JavaScript counts exactly to 53 bits."""
NUMBER_MIN = 2
"""1 is the empty list; clients do not ask for it."""
KNOWN_MAX = 50_000
NAMES_BYTES_MAX = 400 * 1024
"""Names count towards the size of an item, so no item has more."""

Names = tuple[str, ...]


class AttributeLists:
    """The lists of all clusters of this store; those in use are at hand."""

    def __init__(self, db: Database) -> None:
        self._table = InternalTable(db, TABLE)
        self._numbers: dict[Names, int] = {}
        self._names: dict[int, Names] = {}

    def number_of(self, names: Names) -> int | None:
        """A list's number if it is at hand."""
        return self._numbers.get(names)

    async def define(self, names: Names) -> int:
        """A list's number; durable when this returns. Raises ApiError."""
        number = self._numbers.get(names)
        if number is not None:
            return number
        document = orjson.dumps(names)
        if len(document) > NAMES_BYTES_MAX or "" in names or len(set(names)) != len(names):
            raise validation("One or more parameter values were invalid: attribute list")
        digest = blake2b(document, digest_size=NUMBER_BITS // 8).digest()
        number = NUMBER_MIN + int.from_bytes(digest, "big")
        while not await self._store(number, document):
            number += 1
        self._keep(number, names)
        return number

    async def names(self, number: int) -> Names:
        """The names that a number stands for. Raises ApiError."""
        names = self._names.get(number)
        if names is None:
            record = await self._table.get(GROUP, str(number))
            if record is None:
                raise validation(f"Unknown attribute list: {number}")
            names = tuple(orjson.loads(record.document))
            self._keep(number, names)
        return names

    async def _store(self, number: int, document: bytes) -> bool:
        """Whether the number stands for this list now."""
        while True:
            record = await self._table.get(GROUP, str(number))
            if record is not None:
                return record.document == document
            try:
                await self._table.write(Change(GROUP, str(number), document))
                return True
            except Contended:
                continue

    def _keep(self, number: int, names: Names) -> None:
        if len(self._numbers) >= KNOWN_MAX:
            oldest = next(iter(self._numbers))
            self._names.pop(self._numbers.pop(oldest), None)
        self._numbers[names] = number
        self._names[number] = names
