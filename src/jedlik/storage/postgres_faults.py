"""What went wrong with PostgreSQL, sorted by SQLSTATE, never by words.

Three things matter to a caller: may the same be tried again (`is_transient`), is the connection
lost, so that a commit's fate is not known (`is_lost`), and what the operator is told (`explain`).
"""

from __future__ import annotations

import ssl

import asyncpg

from jedlik.storage.waist import (
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageOutdated,
    StorageReadOnly,
)

FAULTS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server said good-bye, and the driver has not closed yet
    OSError,
    TimeoutError,
)
"""Everything that the driver raises when a server or the way to it is at fault."""

TRANSIENT = {
    "40001",  # serialization failure
    "40P01",  # deadlock
}
READ_ONLY = "25006"  # a primary that became a standby: nothing was written
LOST = {
    "57P01",  # the administrator ends the server: the commit may stand, unreplicated
    "57P02",  # another server process crashed
    "57P03",  # starting up, or shutting down
    "57P05",  # idle for too long
}
CORRUPT = {"XX001", "XX002", "58P01", "58030"}
SAID = {
    "28P01": "wrong password",
    "28000": "the server does not let this user in",
    "3D000": "there is no such database",
    "42501": "the user lacks a privilege",
    "53300": "the server has no connection left: lower `connections` or raise max_connections",
    "57014": "a statement took too long and was cancelled",
}


class Unreachable(StorageError):
    """No server that takes writes answers."""


def state_of(fault: BaseException) -> str:
    """The SQLSTATE, or "" where no server said anything."""
    return getattr(fault, "sqlstate", None) or ""


def is_transient(fault: BaseException) -> bool:
    """Nothing was written, and the same may well succeed now."""
    return state_of(fault) in TRANSIENT


def is_lost(fault: BaseException) -> bool:
    """The connection is gone or good for nothing."""
    state = state_of(fault)
    if state:
        return state[:2] == "08" or state in LOST
    return isinstance(fault, FAULTS)


def is_unsent(fault: BaseException) -> bool:
    """The driver refused to send: the connection was lost before, so nothing can have happened."""
    refusals = (asyncpg.InterfaceError, asyncpg.InternalClientError)
    return isinstance(fault, refusals) and not state_of(fault)


def may_connect_later(fault: BaseException) -> bool:
    """Whether connecting may succeed in a moment: a server starts, or a standby is promoted."""
    if isinstance(fault, ssl.SSLError):
        return False
    return is_lost(fault)


def explain(fault: BaseException, where: str) -> StorageError:
    """The fault in the waist's words; `where` names the server, without a password."""
    state = state_of(fault)
    if state == "53100":
        return StorageFull(f"{where}: no space left on the server's disk")
    if state == READ_ONLY:
        return StorageReadOnly(f"{where}: the server is read-only")
    if state in CORRUPT:
        return StorageCorrupt(f"{where}: {_words(fault)}")
    if state == "0A000":
        return StorageOutdated(f"{where}: {_words(fault)}")
    if isinstance(fault, asyncpg.TargetServerAttributeNotMatched):
        return Unreachable(f"{where}: no server there takes writes (all are standbys)")
    if state in SAID:
        return StorageError(f"{where}: {SAID[state]} ({_words(fault)})")
    if is_lost(fault):
        return Unreachable(f"{where}: no server answers ({_words(fault)})")
    return StorageError(f"{where}: {_words(fault)}")


def _words(fault: BaseException) -> str:
    text = str(fault).strip().partition("\n")[0] or type(fault).__name__
    state = state_of(fault)
    return f"{text} [{state}]" if state else text
