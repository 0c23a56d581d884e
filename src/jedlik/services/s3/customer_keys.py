"""Keys of the customer's own (SSE-C): what a request says of one, and whether it is the right one.

A key is never stored. What is kept of it is a salted HMAC, by which a later request's is known
again, as the user guide says of S3 ("Using server-side encryption with customer-provided keys").
How bytes are sealed with it is told in sealing.py. AWS refuses such requests without TLS; here
TLS ends before the server, if at all.

Source of the texts: error bodies shown in AWS's documentation and in issues of its SDKs.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as BrokenBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jedlik.services.s3.errors import S3Error, access_denied, invalid_argument, invalid_request
from jedlik.services.s3.records import Upload, Version

ALGORITHM = "AES256"
KEY_BYTES = 32
_HEADER = "x-amz-server-side-encryption"
_SALT_BYTES = 16
_NOT_WITHOUT = (
    "Requests specifying Server Side Encryption with Customer provided keys must provide "
)


@dataclass(frozen=True, slots=True)
class CustomerKey:
    """secret: 32 bytes, which no text may show. md5: of the key, in base64."""

    secret: bytes = field(repr=False)
    md5: str

    def proof(self) -> str:
        """What is kept, so that the key is known again."""
        salt = os.urandom(_SALT_BYTES)
        return b64encode(salt + self._mac(salt)).decode()

    def proves(self, proof: str) -> bool:
        raw = b64decode(proof)
        return hmac.compare_digest(self._mac(raw[:_SALT_BYTES]), raw[_SALT_BYTES:])

    def derived(self, purpose: bytes) -> bytes:
        """A key for one purpose alone, by HMAC-SHA256."""
        return hmac.digest(self.secret, b"jedlik s3 data " + purpose, hashlib.sha256)

    def members(self) -> dict[str, str]:
        """What an answer tells of it."""
        return {"SSECustomerAlgorithm": ALGORITHM, "SSECustomerKeyMD5": self.md5}

    def _mac(self, salt: bytes) -> bytes:
        return hmac.digest(self.secret, b"jedlik s3 proof " + salt, hashlib.sha256)


def sent(req: Mapping[str, Any], prefix: str = "") -> CustomerKey | None:
    """The key that a request brings, None if it says nothing of any. Raises S3Error.

    prefix: "CopySource" for that of a copy's source.
    """
    algorithm, key, md5 = (
        req.get(f"{prefix}SSECustomer{name}") for name in ("Algorithm", "Key", "KeyMD5")
    )
    if algorithm is None and key is None and md5 is None:
        return None
    if not algorithm:
        raise _invalid(f"{_NOT_WITHOUT}a valid encryption algorithm.")
    if not key:
        raise _invalid(f"{_NOT_WITHOUT}an appropriate secret key.")
    if not md5:
        raise _invalid(f"{_NOT_WITHOUT}the client calculated MD5 of the secret key.")
    if algorithm != ALGORITHM:
        raise S3Error(
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
            ArgumentName=_HEADER,
            ArgumentValue=algorithm,
        )
    try:
        secret = b64decode(key, validate=True)
    except (BrokenBase64, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise _invalid("The secret key was invalid for the specified algorithm.")
    calculated = b64encode(hashlib.md5(secret, usedforsecurity=False).digest()).decode()
    if md5 != calculated:
        raise _invalid(
            "The calculated MD5 hash of the key did not match the hash that was provided."
        )
    return CustomerKey(secret, md5)


def key_of_object(req: Mapping[str, Any], version: Version, prefix: str = "") -> CustomerKey | None:
    """The key to read an object with, None if it needs none. Raises S3Error."""
    key = sent(req, prefix)
    if not version.customer:
        if key is not None:
            raise invalid_request("The encryption parameters are not applicable to this object.")
        return None
    if key is None:
        raise invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters "
            "must be provided to retrieve the object."
        )
    if not key.proves(version.customer):
        raise access_denied(f"{_NOT_WITHOUT}the correct secret key.")
    return key


def key_of_upload(
    req: Mapping[str, Any], upload: Upload, *, required: bool = True
) -> CustomerKey | None:
    """The key of a multipart upload's parts, None if they need none. Raises S3Error.

    required: whether a request cannot do without it.
    """
    key = sent(req)
    if (key is None) is not (not upload.customer) and (required or key is not None):
        raise invalid_request(
            "The multipart upload initiate requested encryption. Subsequent part requests must "
            "include the appropriate encryption parameters."
        )
    if key is not None and not key.proves(upload.customer):
        raise invalid_request(
            "The provided encryption parameters did not match the ones used originally."
        )
    return key


def _invalid(message: str) -> S3Error:
    return invalid_argument(message, _HEADER, "null")
