"""Sign a request with SigV4, as a client does: the counterpart of the Authenticator.

Used by the command line and by tests; the server itself signs nothing yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from .authenticator import basic_date
from .sigv4 import (
    ALGORITHM,
    TERMINATOR,
    canonical_request,
    payload_hash,
    signing_key,
    string_to_sign,
)


def sign(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    access_key: str,
    secret_key: str,
    region: str,
    service: str,
    now: float,
    session_token: str | None = None,
) -> dict[str, str]:
    """The headers to add to a request so that it is signed.

    target: path and query as they go over the wire. headers: those to sign, Host among them.
    now: epoch seconds.
    """
    date = basic_date(now)
    added = {"X-Amz-Date": date}
    if session_token:
        added["X-Amz-Security-Token"] = session_token
    signed = sorted(
        (name.lower().encode(), value.encode()) for name, value in {**headers, **added}.items()
    )
    names = b";".join(name for name, _ in signed)
    path, _, query = target.encode().partition(b"?")
    canonical = canonical_request(
        method.encode(),
        path,
        query,
        headers=signed,
        signed_headers=names,
        payload_hash=payload_hash(body),
    )
    scope = f"{date[:8]}/{region}/{service}/{TERMINATOR}"
    key = signing_key(secret_key, day=date[:8], region=region, service=service)
    signature = key.sign(string_to_sign(date.encode(), scope.encode(), canonical))
    added["Authorization"] = (
        f"{ALGORITHM.decode()} Credential={access_key}/{scope}, "
        f"SignedHeaders={names.decode()}, Signature={signature.decode()}"
    )
    return added
