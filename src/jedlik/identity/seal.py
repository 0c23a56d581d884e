"""Seals: the part of a signature's check that has to be done anew for every request.

Two SHA-256 and an HMAC over short texts. All requests of a client with the same date and the same
signed headers share one Seal, which keeps the hashes over those begun. `seal.pyx` is this module
for the compiled form: the same names, the same answers.
"""

from __future__ import annotations

from binascii import hexlify
from hashlib import sha256
from hmac import compare_digest

from .sigv4 import SigningKey, payload_hash

__all__ = ["Seal", "payload_hash"]


class Seal:
    """canonical: the canonical request before the payload's hash. text: the string to sign before
    the canonical request's hash. key: what signs. first_s, last_s: when the requests' date is
    accepted, in epoch seconds.
    """

    __slots__ = ("_canonical", "_first_s", "_inner", "_last_s", "_outer")

    def __init__(
        self, canonical: bytes, text: bytes, key: SigningKey, first_s: float, last_s: float
    ) -> None:
        self._first_s = first_s
        self._last_s = last_s
        self._canonical = sha256(canonical)
        self._inner = key.inner.copy()
        self._inner.update(text)
        self._outer = key.outer

    def fits(self, payload: bytes, digits: bytes, now: float) -> bool:
        """Whether a signature is right, and not of another time. payload: the body's hash, in
        hexadecimal digits. digits: the signature's."""
        if not self._first_s <= now <= self._last_s:
            return False
        canonical = self._canonical.copy()
        canonical.update(payload)
        inner = self._inner.copy()
        inner.update(hexlify(canonical.digest()))
        outer = self._outer.copy()
        outer.update(inner.digest())
        return compare_digest(hexlify(outer.digest()), digits)
