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


def check_change(req: Mapping[str, Any], account: str) -> None:
    """Raises AccessControlListNotSupported for anything but what is so anyway: full control of the
    owner, as a canned list or written out (user guide, "Disabling ACLs")."""
    policy = req.get("AccessControlPolicy")
    if policy is None and req.get("ACL") is None:
        raise acl_not_supported()
    check_acl(req)
    mine = owner(account)["ID"]
    for grant in (policy or {}).get("Grants") or ():
        whom = (grant.get("Grantee") or {}).get("ID")
        if whom != mine or grant.get("Permission") != "FULL_CONTROL":
            raise acl_not_supported()
