"""The public keys of identity providers: fetched from them, kept for a while.

    issuer → /.well-known/openid-configuration → jwks_uri → JSON Web Key Set

Issuers are those for which somebody made an OpenID Connect provider, so a token cannot make the
server ask anybody else. TLS is verified with the machine's authorities or, where they do not know
the issuer, by a thumbprint of the provider. Issuers in this process (`local`) are just called.
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from jedlik.api.context import Context
from jedlik.identity.records import OidcProvider
from jedlik.services.iam.providers import checked_url

KEPT_S = 300.0
ASK_AGAIN_S = 5.0
"""An unknown key makes us ask anew, but not more often than this."""
TIMEOUT_S = 5.0
BYTES_MAX = 1 << 20

Keys = list[dict[str, Any]]


class Unreachable(Exception):
    """The provider did not give its keys."""


class WebKeys:
    """Remembers key sets by issuer. local: issuer → its keys, for those that live here."""

    def __init__(self) -> None:
        self.local: dict[str, Callable[[], Keys]] = {}
        self._kept: dict[str, tuple[float, Keys]] = {}

    @classmethod
    def of(cls, ctx: Context) -> WebKeys:
        return cast(WebKeys, ctx.db.one(cls))

    async def find(self, provider: OidcProvider, key_id: str | None) -> Keys:
        """The keys that may have signed: that of the id, or all if there is none.

        Raises Unreachable.
        """
        local = self.local.get(provider.arn)
        if local is not None:
            return _of_id(local(), key_id)
        at, keys = self._kept.get(provider.arn, (0.0, []))
        age_s = time.monotonic() - at if keys else KEPT_S
        found = _of_id(keys, key_id)
        if age_s < ASK_AGAIN_S or (found and age_s < KEPT_S):
            return found
        keys = await asyncio.to_thread(_fetch, provider)
        self._kept[provider.arn] = time.monotonic(), keys
        return _of_id(keys, key_id)


def _of_id(keys: Keys, key_id: str | None) -> Keys:
    return keys if key_id is None else [each for each in keys if each.get("kid") == key_id]


def _fetch(provider: OidcProvider) -> Keys:
    base = f"{provider.scheme}://{provider.url}".rstrip("/")
    try:
        told = _get(f"{base}/.well-known/openid-configuration", provider)
        keys = _get(str(told["jwks_uri"]), provider)["keys"]
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as fault:
        raise Unreachable(str(fault)) from fault
    if not isinstance(keys, list):
        raise Unreachable("no key set")
    return [each for each in keys if isinstance(each, dict)]


def _get(url: str, provider: OidcProvider) -> Any:
    """A JSON document; redirects are not followed."""
    parts = urlsplit(url)
    _check_scheme(url)
    assert parts.hostname is not None
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = _connected(parts.hostname, parts.port or 443, provider.thumbprints)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path or "/", headers={"Accept": "application/json"})
        reply = connection.getresponse()
        body = reply.read(BYTES_MAX + 1)
    finally:
        connection.close()
    if reply.status != 200 or len(body) > BYTES_MAX:
        raise ValueError(f"{url} answered {reply.status}")
    return json.loads(body)


def _check_scheme(url: str) -> None:
    from jedlik.api.errors import ApiError

    try:
        checked_url(url)
    except ApiError:
        raise ValueError(f"{url} is neither https nor on loopback") from None


def _connected(host: str, port: int, thumbprints: tuple[str, ...]) -> http.client.HTTPSConnection:
    try:
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S)
        connection.connect()
        return connection
    except ssl.SSLCertVerificationError:
        if not thumbprints:
            raise
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)
    connection.connect()
    certificate = connection.sock.getpeercert(True)
    if hashlib.sha1(certificate or b"").hexdigest() not in thumbprints:
        connection.close()
        raise OSError("the certificate is neither of a known authority nor one of the thumbprints")
    return connection
