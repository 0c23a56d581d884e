"""CreateAccessKey: the only answer that ever shows the secret."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory, Draft
from jedlik.identity.key_ids import LONG, new_key_id, new_secret
from jedlik.identity.records import AccessKey
from jedlik.services.iam import limits, lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import quota
from jedlik.services.iam.lookups import keys_of, user_name
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "CreateAccessKey",
    access="write",
    permissions=on("CreateAccessKey", permissions.user),
    first=[named("UserName")],
)
async def create_access_key(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = user_name(ctx, req)
    directory = Directory.of(ctx)
    new = AccessKey(
        id=new_key_id(LONG, directory.master, directory.random),
        secret=new_secret(directory.random),
        user=name,
        account=ctx.account,
        created_at=float(int(ctx.now)),
    )

    def create(draft: Draft) -> None:
        lookups.user(draft, name)
        if len(keys_of(draft, name)) >= limits.ACCESS_KEYS_PER_USER:
            raise quota("AccessKeysPerUser", limits.ACCESS_KEYS_PER_USER)
        draft.put(new)

    await change(ctx, create)
    return {
        "AccessKey": {
            "UserName": name,
            "AccessKeyId": new.id,
            "Status": new.status,
            "SecretAccessKey": new.secret,
            "CreateDate": new.created_at,
        }
    }
