"""The change of one entity, and what users, groups and roles have in common in being changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.identity import Directory, Draft
from jedlik.identity.records import Group, Role, User
from jedlik.services.iam import limits
from jedlik.services.iam.documents import characters, checked
from jedlik.services.iam.errors import NoSuch, conflict, exists, limit, quota
from jedlik.services.iam.lookups import Names

T = TypeVar("T")
E = TypeVar("E", User, Group, Role)

INLINE_CHARACTERS: dict[type, int] = {
    User: limits.INLINE_USER_CHARACTERS,
    Group: limits.INLINE_GROUP_CHARACTERS,
    Role: limits.INLINE_ROLE_CHARACTERS,
}


async def change(ctx: Context, decide: Callable[[Draft], T]) -> T:
    """Carry out a change of the caller's account; see Directory.change."""
    return await Directory.of(ctx).change(ctx.account, decide)


def moved(draft: Draft, old: E, *, name: str | None, path: str | None) -> E:
    """Give an entity another name, another path. Raises EntityAlreadyExists."""
    new = replace(
        old, name=old.name if name is None else name, path=old.path if path is None else path
    )
    if new.key != old.key:
        if draft.get(type(old), new.name) is not None:
            raise exists(f"{old.kind.capitalize()} with name {new.name} already exists.")
        draft.delete(old)
    return draft.put(new)


def with_inline(found: E, name: str, document: str) -> E:
    """With an inline policy. Raises MalformedPolicyDocument, LimitExceeded."""
    inline = {**found.inline, name: checked(document)}
    most = INLINE_CHARACTERS[type(found)]
    if sum(map(characters, inline.values())) > most:
        raise limit(f"Maximum policy size of {most} bytes exceeded for {found.kind} {found.name}")
    return replace(found, inline=inline)


def without_inline(found: E, name: str) -> E:
    if name not in found.inline:
        raise NoSuch.inline(found.kind, name)
    return replace(found, inline={k: v for k, v in found.inline.items() if k != name})


def with_attached(names: Names, found: E, arn: str) -> E:
    """With a managed policy; one that is attached already stays as it is."""
    if names.policy(arn) is None:
        raise NoSuch.attachable(arn)
    if arn in found.attached:
        return found
    if len(found.attached) >= limits.ATTACHED_POLICIES:
        raise quota(f"PoliciesPer{found.kind.capitalize()}", limits.ATTACHED_POLICIES)
    return replace(found, attached=(*found.attached, arn))


def without_attached(found: E, arn: str) -> E:
    if arn not in found.attached:
        raise NoSuch.policy(arn)
    return replace(found, attached=tuple(each for each in found.attached if each != arn))


def refuse_if_it_has_policies(found: User | Group | Role) -> None:
    """Before an entity is deleted. Raises DeleteConflict."""
    if found.attached:
        raise conflict("Cannot delete entity, must detach all policies first.")
    if found.inline:
        raise conflict("Cannot delete entity, must delete policies first.")


def checked_boundary(names: Names, arn: str | None) -> str | None:
    """The managed policy that is to be a boundary. Raises NoSuchEntity."""
    if arn is not None and names.policy(arn) is None:
        raise NoSuch.attachable(arn)
    return arn
