"""ListEntitiesForPolicy: to whom a managed policy is attached."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import Group, Role, User
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.lookups import names
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


def _uses(entity: User | Group | Role, arn: str, usage: str | None) -> bool:
    attached = arn in entity.attached
    bounded = getattr(entity, "boundary", None) == arn
    if usage == "PermissionsPolicy":
        return attached
    return bounded if usage == "PermissionsBoundary" else attached or bounded


def _told(found: list[User | Group | Role], kind: type, name: str) -> list[dict[str, Any]]:
    return [
        {f"{name}Name": each.name, f"{name}Id": each.id} for each in found if type(each) is kind
    ]


KINDS: tuple[tuple[type[User | Group | Role], str], ...] = (
    (Group, "Group"),
    (Role, "Role"),
    (User, "User"),
)


@operation(
    "iam",
    "ListEntitiesForPolicy",
    access="list",
    permissions=on("ListEntitiesForPolicy", permissions.policy),
)
async def list_entities_for_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    arn = lookups.policy(found, req["PolicyArn"]).arn
    usage, path = req.get("PolicyUsageFilter"), req.get("PathPrefix", "/")
    wanted = req.get("EntityFilter")
    entities: list[User | Group | Role] = []
    for kind, name in KINDS:
        if wanted in (None, name):
            entities += [
                each
                for each in found.all(kind)
                if each.path.startswith(path) and _uses(each, arn, usage)
            ]
    part, more = page(req, entities, key=lambda each: f"{each.kind}|{each.key}")
    return {
        "PolicyGroups": _told(part, Group, "Group"),
        "PolicyUsers": _told(part, User, "User"),
        "PolicyRoles": _told(part, Role, "Role"),
        **more,
    }
