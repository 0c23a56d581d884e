"""Access control lists as a bucket answers that has them disabled ("bucket owner enforced"), which
is how AWS makes buckets and the only kind there is here: readable, not to be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.services.s3.described import check_acl
from jedlik.services.s3.errors import acl_not_supported
from jedlik.services.s3.listing import owner


def owners_grants(account: str) -> dict[str, Any]:
    whose = owner(account)
    grantee = {"Type": "CanonicalUser", **whose}
    return {"Owner": whose, "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]}


def check_change(req: Mapping[str, Any]) -> None:
    """Raises AccessControlListNotSupported for anything but what is so anyway."""
    if req.get("AccessControlPolicy") is not None or req.get("ACL") is None:
        raise acl_not_supported()
    check_acl(req)
