"""ListServerCertificates: none, for nobody can make server certificates here.

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
    "ListServerCertificates",
    access="list",
    permissions=on("ListServerCertificates", permissions.everything),
)
async def list_server_certificates(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return {"ServerCertificateMetadataList": [], "IsTruncated": False}
