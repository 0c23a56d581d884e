"""An access key and who stands behind it; what the Authenticator asks for them.

The secret of a key leaves this folder only as a signing key; no `repr` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from .principals import Principal, root_principal


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key. session_token: the token that must come along, for temporary keys.

    expires_at: epoch seconds from which on it is no good any more.
    """

    access_key: str
    secret: str = field(repr=False)
    principal: Principal
    session_token: str | None = field(default=None, repr=False)
    expires_at: float = inf


@dataclass(frozen=True, slots=True)
class Identity:
    """What a request's signature says. principal: None for an unknown developer in open mode."""

    access_key: str
    account: str
    region: str
    principal: Principal | None


class KeyHolder(Protocol):
    """Where access keys are looked up: the Directory, or a fixed set of them.

    generation: grows with every change of a key or of what its principal may do, so that whoever
    remembers an answer notices.
    """

    generation: int

    def find(self, access_key: str, token: str | None = None) -> Credential | None: ...
    def claims(self, access_key: str, token: str | None = None) -> bool:
        """Whether a key that `find` does not know is none of a developer's for all that."""
        ...

    def used(self, access_key: str, now: float, region: str, service: str) -> None:
        """The key has just signed something."""
        ...


def root_credential(access_key: str, secret: str, account: str) -> Credential:
    """The key that may do anything in an account."""
    return Credential(access_key, secret, root_principal(account))


class Credentials:
    """A fixed set of keys, by access key."""

    def __init__(self, known: Iterable[Credential] = ()) -> None:
        self._known = {credential.access_key: credential for credential in known}
        self.generation = 0

    def find(self, access_key: str, token: str | None = None) -> Credential | None:
        return self._known.get(access_key)

    def claims(self, access_key: str, token: str | None = None) -> bool:
        return False

    def used(self, access_key: str, now: float, region: str, service: str) -> None:
        """Nobody asks when one of these was used."""

    def add(self, credential: Credential) -> None:
        """Add a key, or replace the one of the same access key."""
        self._known[credential.access_key] = credential
        self.generation += 1

    def remove(self, access_key: str) -> None:
        self._known.pop(access_key, None)
        self.generation += 1
