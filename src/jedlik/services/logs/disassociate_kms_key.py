"""DisassociateKmsKey: a setting that is told again; events are stored as they are."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import keyed_arns, keyed_group, logs_of


@operation("logs", "DisassociateKmsKey", access="write", resource=keyed_arns)
async def disassociate_kms_key(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await logs_of(ctx).change_group(
        keyed_group(ctx, req), lambda group: msgspec.structs.replace(group, key=None)
    )
    return {}
