"""AssumeRoleWithWebIdentity: a session for whom an identity provider vouches.

Nobody signs the request: the provider's token is what is verified, and the role's trust policy
says which providers, audiences and subjects it lets in.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.sts.errors import not_authorized
from jedlik.services.sts.requests import duration_s, issue_for_role, narrowing, role_of
from jedlik.services.sts.trust import federation_allows
from jedlik.services.sts.web_tokens import verified

ACTION = "sts:AssumeRoleWithWebIdentity"


@operation("sts", "AssumeRoleWithWebIdentity", access="write")
async def assume_role_with_web_identity(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    role = role_of(ctx, req["RoleArn"])
    if role is None:
        raise not_authorized(ACTION)
    found = await verified(ctx, req["WebIdentityToken"], role.account)
    name = req["RoleSessionName"]
    tags, transitive = found.session_tags
    keys = {**found.keys, "sts:RoleSessionName": name}
    keys.update({f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags})
    for action in (ACTION, "sts:TagSession") if tags else (ACTION,):
        if not federation_allows(role.trust, found.provider.arn, action, keys):
            raise not_authorized(action)
    lasts_s = duration_s(req, role, chained=False)
    asked = narrowing(ctx, {**req, "Tags": tags, "TransitiveTagKeys": transitive}, role.account)
    known = {key: value for key, value in found.keys.items() if isinstance(value, str)}
    told = issue_for_role(ctx, role, asked, lasts_s=lasts_s, session_name=name, context=known)
    return {
        **told,
        "SubjectFromWebIdentityToken": found.subject,
        "Provider": found.provider.arn,
        "Audience": found.audience,
    }
