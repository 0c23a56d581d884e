"""Object bytes in an S3-compatible store, with the keys that the environment has for it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from jedlik import root_keys
from jedlik.identity.signing import sign
from jedlik.storage.blobs_s3 import S3Blobs, parse

PREFIX = "JEDLIK_BLOBS_"


def blobs_in_s3(url: str) -> S3Blobs:
    """Raises root_keys.Unusable without keys in JEDLIK_BLOBS_ACCESS_KEY_ID and
    JEDLIK_BLOBS_SECRET_ACCESS_KEY."""
    address = parse(url)
    keys = root_keys.from_environment(os.environ, PREFIX)
    if keys is None:
        raise root_keys.Unusable(
            f"--blobs s3://… needs {PREFIX}ACCESS_KEY_ID and {PREFIX}SECRET_ACCESS_KEY"
        )

    def signed(method: str, target: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        return sign(
            method,
            target,
            headers,
            body,
            access_key=keys.access_key,
            secret_key=keys.secret_key,
            session_token=keys.session_token,
            region=address.region,
            service="s3",
            now=time.time(),
        )

    return S3Blobs(address, signed)
