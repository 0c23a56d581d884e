"""AWS's global condition keys of a request, and how it came here.

The principal's own keys (aws:PrincipalTag/…, aws:username) are not among them: they are known
before any request (`policy/principal.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from jedlik.api.access import ConditionKeys
from jedlik.api.context import Context


class NotAtHand(Exception):
    """A condition asks how the request came, and the caller has not said."""


class Transport(Struct, frozen=True):
    """How a request came. address: the client's IP address; secure: by TLS. via: the service that
    makes it for the principal ("dynamodb.amazonaws.com"), if one does."""

    address: str = ""
    secure: bool = False
    user_agent: str | None = None
    referer: str | None = None
    via: str = ""


class RequestKeys:
    """The condition keys of one request: AWS's, and those that the operation's Ask brings."""

    __slots__ = ("_ctx", "_more", "_owner", "_req", "_transport")

    def __init__(
        self,
        ctx: Context,
        req: Mapping[str, Any],
        transport: Transport | None,
        *,
        owner: str,
        more: ConditionKeys | None,
    ) -> None:
        self._ctx = ctx
        self._req = req
        self._transport = transport
        self._owner = owner
        self._more = more

    def get(self, key: str, /) -> Sequence[str] | None:
        if key.startswith("aws:"):
            known = _KNOWN.get(key)
            if known is not None:
                return known(self)
            if key.startswith("aws:requesttag/"):
                return self._request_tag(key[len("aws:requesttag/") :])
        return None if self._more is None else self._more.get(key)

    def _request_tag(self, wanted: str) -> Sequence[str] | None:
        for key, value in self._tags():
            if key.lower() == wanted:
                return (value,)
        return None

    def _tags(self) -> list[tuple[str, str]]:
        """The tags that the request would set: `Tags`, a list of keys and values or a map."""
        tags = self._req.get("Tags")
        if isinstance(tags, Mapping):
            return [(str(key), str(value)) for key, value in tags.items()]
        if not isinstance(tags, list):
            return []
        return [
            (str(tag["Key"]), str(tag.get("Value", "")))
            for tag in tags
            if isinstance(tag, Mapping) and "Key" in tag
        ]

    def tag_keys(self) -> Sequence[str] | None:
        named = self._req.get("TagKeys")
        keys = [key for key, _ in self._tags()]
        if isinstance(named, list):
            keys += map(str, named)
        return keys or None

    def came(self) -> Transport:
        if self._transport is None:
            raise NotAtHand
        return self._transport

    @property
    def via(self) -> str:
        return "" if self._transport is None else self._transport.via

    @property
    def now(self) -> float:
        return self._ctx.now

    @property
    def region(self) -> str:
        return self._ctx.region

    @property
    def owner(self) -> str:
        return self._owner


def _iso(now: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


def _given(value: str | None) -> Sequence[str] | None:
    return None if not value else (value,)


_KNOWN: dict[str, Callable[[RequestKeys], Sequence[str] | None]] = {
    "aws:currenttime": lambda keys: (_iso(keys.now),),
    "aws:epochtime": lambda keys: (str(int(keys.now)),),
    "aws:requestedregion": lambda keys: (keys.region,),
    "aws:resourceaccount": lambda keys: _given(keys.owner),
    "aws:securetransport": lambda keys: ("true" if keys.came().secure else "false",),
    "aws:sourceip": lambda keys: _given(keys.came().address),
    "aws:useragent": lambda keys: _given(keys.came().user_agent),
    "aws:referer": lambda keys: _given(keys.came().referer),
    "aws:tagkeys": RequestKeys.tag_keys,
    "aws:viaawsservice": lambda keys: ("true" if keys.via else "false",),
    "aws:calledvia": lambda keys: _given(keys.via),
    "aws:calledviafirst": lambda keys: _given(keys.via),
    "aws:calledvialast": lambda keys: _given(keys.via),
}
