"""Who opened a connection: DAX's clients sign once for a connection, not for each request.

What they sign is a request that is never sent: POST / of dax.amazonaws.com with an empty body.
Only its hash comes along, so it is put together here again and compared.
"""

from __future__ import annotations

from hmac import compare_digest

from . import errors
from .authenticator import Authenticator, check_scope, check_time, usable
from .authorization import Claim, parse_date
from .credentials import Identity
from .sigv4 import canonical_request, payload_hash, string_to_sign

SERVICE = "dax"
HOST = b"dax.amazonaws.com"
"""Signed whatever the host is that the client talks to."""
_NO_BODY = payload_hash(b"")


def authenticate_connection(
    authenticator: Authenticator,
    *,
    access_key: str,
    signature: str,
    signed: bytes,
    token: str | None,
    now: float,
) -> Identity:
    """Who signed. `signed`: the string to sign, as the client sent it. Raises ApiError.

    In open mode an unknown key is a developer, as at every other door.
    """
    claim = _read_claim(access_key, signature, signed, token)
    credential = authenticator.credentials.find(access_key, token)
    if credential is None and authenticator.admits(access_key, token):
        return Identity(access_key, authenticator.account, claim.region, None)
    check_scope(claim, SERVICE)
    check_time(claim, now)
    credential = usable(credential, token, now)
    date = claim.date.encode()
    canonical = canonical_request(
        b"POST",
        b"/",
        b"",
        headers=((b"host", HOST), (b"x-amz-date", date)),
        signed_headers=b"host;x-amz-date",
        payload_hash=_NO_BODY,
    )
    text = string_to_sign(date, claim.scope.encode(), canonical)
    expected = authenticator.signing_key(credential, claim).sign(text)
    # The text is compared for itself: that the signature fits some other text proves nothing.
    if text != signed or not compare_digest(expected, signature.encode("latin-1", "replace")):
        raise errors.mismatch(canonical, text)
    authenticator.credentials.used(access_key, now, claim.region, SERVICE)
    principal = credential.principal
    return Identity(access_key, principal.account, claim.region, principal)


def _read_claim(access_key: str, signature: str, signed: bytes, token: str | None) -> Claim:
    lines = signed.decode("latin-1").split("\n")
    scope = lines[2].split("/") if len(lines) == 4 else []
    if len(scope) != 4:
        raise errors.incomplete("The string to sign does not have the form that it must have.")
    if lines[0] != "AWS4-HMAC-SHA256":
        raise errors.unsupported_algorithm(lines[0])
    time_s = parse_date(lines[1])
    if time_s is None:
        raise errors.malformed_date(lines[1])
    return Claim(
        access_key=access_key,
        day=scope[0],
        region=scope[1],
        service=scope[2],
        terminator=scope[3],
        signed_headers=("host", "x-amz-date"),
        signature=signature,
        date=lines[1],
        time_s=time_s,
        token=token,
        expires_s=None,
    )
