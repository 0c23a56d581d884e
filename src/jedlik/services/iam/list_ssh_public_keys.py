"""ListSSHPublicKeys: none, for nobody can make SSH keys here.

Tools ask before they delete a user.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam", "ListSSHPublicKeys", access="list", permissions=on("ListSSHPublicKeys", permissions.user)
)
async def list_ssh_public_keys(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if "UserName" in req:
        lookups.user(names(ctx), req["UserName"])
    return {"SSHPublicKeys": [], "IsTruncated": False}
