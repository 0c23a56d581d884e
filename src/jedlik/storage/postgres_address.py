"""Where a PostgreSQL store is: the URL of `--store`, taken apart.

    postgresql://user:password@host1:5432,host2:5432/database?schema=jedlik&connections=16

Everything that PostgreSQL's own URLs know is passed on (several hosts, sslmode, passfile, …); four
parameters are ours: `schema`, `connections`, `parts` (only when the store is made) and `dialect`
(`auto`, `plain`, `citus`). Nothing here ever puts a password into a text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from jedlik.storage.waist import StorageError

SCHEMES = ("postgresql", "postgres")
SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
DIALECTS = ("auto", "plain", "citus")
PARTS_MAX = 4096
CONNECTIONS_MAX = 1000


class BadAddress(StorageError):
    """The URL cannot be used; the text says what of it, without repeating it."""


@dataclass(frozen=True)
class Address:
    """`dsn` may hold a password: never print it, print `shown`."""

    dsn: str
    shown: str
    schema: str = "jedlik"
    connections: int = 16
    parts: int = 16
    dialect: str = "auto"

    def __repr__(self) -> str:
        return f"Address({self.shown})"


def parse_address(url: str) -> Address:
    """Raises BadAddress."""
    split = urlsplit(url)
    if split.scheme not in SCHEMES:
        raise BadAddress("--store is a postgresql:// URL")
    asked = parse_qsl(split.query, keep_blank_values=True)
    ours = {name: value for name, value in asked if name in Address.__dataclass_fields__}
    theirs = urlencode([(name, value) for name, value in asked if name not in ours])
    hosts = split.netloc.rpartition("@")[2] or "localhost"
    address = Address(
        dsn=urlunsplit(split._replace(query=theirs)),
        shown=f"postgresql://{hosts}{split.path}",
        schema=ours.pop("schema", "jedlik"),
        connections=_number("connections", ours.pop("connections", "16"), CONNECTIONS_MAX),
        parts=_number("parts", ours.pop("parts", "16"), PARTS_MAX),
        dialect=ours.pop("dialect", "auto"),
    )
    if ours:
        raise BadAddress(f"--store: there is no parameter {min(ours)!r}")
    if not SCHEMA.fullmatch(address.schema):
        raise BadAddress("--store: schema is a name of lower-case letters, digits and _")
    if address.dialect not in DIALECTS:
        raise BadAddress(f"--store: dialect is one of {', '.join(DIALECTS)}")
    return address


def _number(name: str, text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise BadAddress(f"--store: {name} is a whole number from 1 to {most}")
    return int(text)
