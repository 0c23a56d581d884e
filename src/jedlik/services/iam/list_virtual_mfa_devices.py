"""ListVirtualMFADevices: none, for nobody can make MFA devices here.

Tools ask before they delete a user.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import permissions
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListVirtualMFADevices",
    access="list",
    permissions=on("ListVirtualMFADevices", permissions.everything),
)
async def list_virtual_mfa_devices(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return {"VirtualMFADevices": [], "IsTruncated": False}
