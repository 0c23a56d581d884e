"""Buckets: their names and making."""

from __future__ import annotations

import ipaddress
import os
import re

from jedlik.services.s3.errors import invalid_bucket_name
from jedlik.services.s3.records import Bucket
from jedlik.tables.database import Database

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED = (("xn--", "sthree-", "amzn-s3-demo-"), ("-s3alias", "--ol-s3", ".mrap", "--x-s3"))


def check_name(name: str) -> None:
    """Raises InvalidBucketName (user guide, "General purpose bucket naming rules")."""
    starts, ends = _RESERVED
    if (
        _NAME.fullmatch(name) is None
        or ".." in name
        or name.startswith(starts[:2])
        or name.endswith(ends)
        or _is_address(name)
    ):
        raise invalid_bucket_name(name)


def new_bucket(db: Database, name: str, *, account: str, region: str) -> Bucket:
    """A bucket to be added. Raises InvalidBucketName."""
    check_name(name)
    return Bucket(
        name=name,
        id=os.urandom(16).hex(),
        account=account,
        region=region,
        created_ms=db.clock.now_ms(),
    )


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
