"""The access keys that Jedlik knows, and who stands behind each.

Filled by `app` with the keys of the settings; later also by whatever makes users and sessions.
The secret of a key leaves this folder only as a signing key; no `repr` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Principal:
    """Who signs. arn: "arn:aws:iam::000000000000:root"; kind: "root", "user", "role" …"""

    arn: str
    account: str
    kind: str = "root"


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key. session_token: the token that must come along, for temporary keys."""

    access_key: str
    secret: str = field(repr=False)
    principal: Principal
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a request's signature says. principal: None for an unknown developer in open mode."""

    access_key: str
    account: str
    region: str
    principal: Principal | None


def root_credential(access_key: str, secret: str, account: str) -> Credential:
    """The key that may do anything in an account."""
    return Credential(access_key, secret, Principal(f"arn:aws:iam::{account}:root", account))


class Credentials:
    """Known keys by access key. generation: grows with every change, so that caches notice."""

    def __init__(self, known: Iterable[Credential] = ()) -> None:
        self._known = {credential.access_key: credential for credential in known}
        self.generation = 0

    def find(self, access_key: str) -> Credential | None:
        return self._known.get(access_key)

    def add(self, credential: Credential) -> None:
        """Add a key, or replace the one of the same access key."""
        self._known[credential.access_key] = credential
        self.generation += 1

    def remove(self, access_key: str) -> None:
        self._known.pop(access_key, None)
        self.generation += 1
