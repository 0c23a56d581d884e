"""Authenticator: who sent a request, or the refusal.

The complete way, in AWS's order: is the signature there and whole, is its scope right, is its
date near ours, do we know the key, is the signature the one we calculate. `shortcuts.py` repeats
only the last three for requests that look like an earlier accepted one.

A known access key is always verified. In `open` mode an unknown one is a developer who may do
anything; only that the signature is whole is then asked of it. Keys that were made here and are
gone, and tokens that only look like ours, are refused in both modes.
"""

from __future__ import annotations

import time
from hmac import compare_digest
from typing import Literal

from . import errors
from .authorization import Claim, SignedRequest, read_claim
from .credentials import Credential, Identity, KeyHolder
from .sigv4 import (
    TERMINATOR,
    UNSIGNED_PAYLOAD,
    SigningKey,
    canonical_request,
    payload_hash,
    signing_key,
    string_to_sign,
)

CLOCK_SKEW_S = 15 * 60
_SIGNING_KEYS_MAX = 1024

Mode = Literal["open", "required"]


class Authenticator:
    """credentials: the keys we know. account: whose the tables of unknown developers are."""

    def __init__(self, credentials: KeyHolder, *, mode: Mode, account: str) -> None:
        self.credentials = credentials
        self._mode = mode
        self.account = account
        self._signing_keys: dict[tuple[str, str, str, str], SigningKey] = {}

    def authenticate(self, request: SignedRequest, service: str, now: float) -> Identity:
        """Who signed the request for a service ("dynamodb"). Raises ApiError."""
        claim = read_claim(request)
        credential = self.credentials.find(claim.access_key, claim.token)
        if credential is None and self.admits(claim.access_key, claim.token):
            return Identity(claim.access_key, self.account, claim.region, None)
        check_scope(claim, service)
        check_time(claim, now)
        credential = usable(credential, claim.token, now)
        self._check_signature(request, claim, credential)
        self.credentials.used(claim.access_key, now, claim.region, service)
        principal = credential.principal
        return Identity(claim.access_key, principal.account, claim.region, principal)

    def admits(self, access_key: str, token: str | None) -> bool:
        """Whether an unknown access key is a developer who may do anything: in open mode, if it
        was not made here, as deleted ones were."""
        return self._mode == "open" and not self.credentials.claims(access_key, token)

    def signing_key(self, credential: Credential, claim: Claim) -> SigningKey:
        """The credential's key for a claim's scope, cached: deriving it costs four HMACs."""
        cached_as = (credential.secret, claim.day, claim.region, claim.service)
        found = self._signing_keys.get(cached_as)
        if found is None:
            found = signing_key(
                credential.secret, day=claim.day, region=claim.region, service=claim.service
            )
            if len(self._signing_keys) >= _SIGNING_KEYS_MAX:
                del self._signing_keys[next(iter(self._signing_keys))]
            self._signing_keys[cached_as] = found
        return found

    def _check_signature(
        self, request: SignedRequest, claim: Claim, credential: Credential
    ) -> None:
        signed = [name.encode("latin-1") for name in claim.signed_headers]
        if b"host" not in signed:
            raise errors.unsigned_host()
        declared = request.header(b"x-amz-content-sha256")
        canonical = canonical_request(
            request.method,
            request.path,
            request.query,
            headers=[(name, request.header(name) or b"") for name in signed],
            signed_headers=b";".join(signed),
            payload_hash=(
                UNSIGNED_PAYLOAD
                if declared == UNSIGNED_PAYLOAD
                else payload_hash(request.body_sent)
            ),
        )
        text = string_to_sign(basic_date(claim.time_s).encode(), claim.scope.encode(), canonical)
        expected = self.signing_key(credential, claim).sign(text)
        if not compare_digest(expected, claim.signature.encode("latin-1")):
            raise errors.mismatch(canonical, text)


def usable(credential: Credential | None, token: str | None, now: float) -> Credential:
    """The credential, if it is known and may be used with that session token now."""
    if credential is None or credential.session_token != token:
        raise errors.unknown_client()
    if credential.expires_at <= now:
        raise errors.expired_token()
    return credential


def basic_date(time_s: float) -> str:
    """Epoch seconds as "20261122T003000Z"."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time_s))


def check_scope(claim: Claim, service: str) -> None:
    """All that is wrong with the credential's scope, in one refusal, as AWS does."""
    wrong = []
    if not claim.region:
        wrong.append(f"Credential should be scoped to a valid region, not '{claim.region}'. ")
    if claim.service != service:
        wrong.append(f"Credential should be scoped to correct service: '{service}'. ")
    if claim.terminator != TERMINATOR:
        wrong.append(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', "
            f"not '{claim.terminator}'. "
        )
    date = basic_date(claim.time_s)
    if claim.day != date[:8]:
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            f"from HTTP: '{claim.day}' != '{date[:8]}', from '{date}'. "
        )
    if wrong:
        raise errors.invalid_signature("".join(wrong))


def check_time(claim: Claim, now: float) -> None:
    """Refuse signatures too old or from the future; presigned ones last as long as they say."""
    date, now_text = basic_date(claim.time_s), basic_date(now)
    lifetime_s = CLOCK_SKEW_S if claim.expires_s is None else claim.expires_s
    if claim.time_s < now - lifetime_s:
        bound = basic_date(now - lifetime_s)
        raise errors.expired(date, bound, now_text, f"{lifetime_s / 60:g}")
    if claim.time_s > now + CLOCK_SKEW_S:
        bound = basic_date(now + CLOCK_SKEW_S)
        raise errors.not_yet_current(date, bound, now_text, f"{CLOCK_SKEW_S / 60:g}")
