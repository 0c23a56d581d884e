"""Principals from records: a user with the policies of the groups, a session with its role's.

Documents are parsed once and stay the same objects as long as their text does, so that what is
compiled from them survives changes of something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from .principals import Policy, PolicySets, Principal, root_principal
from .records import Entity, Group, Role, User
from .sessions import Session

if TYPE_CHECKING:
    from .directory import Directory

_PARSED_MAX = 5_000
EVERYTHING = Policy(
    "AllowAll",
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
)
"""What root may do, where it hands a part of it on."""


class Persons:
    """Makes the principals of a directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._parsed: dict[tuple[str, str], Policy] = {}
        self._users: dict[str, Principal] = {}

    def forget(self) -> None:
        """Something changed."""
        self._users.clear()

    def user(self, user: User) -> Principal:
        found = self._users.get(user.id)
        if found is None:
            found = self._users[user.id] = Principal(
                user.account,
                user.arn,
                "user",
                id=user.id,
                name=user.name,
                tags=user.tags,
                policies=PolicySets(self._of_user(user), self._boundary(user)),
                context={
                    "aws:PrincipalAccount": user.account,
                    "aws:PrincipalArn": user.arn,
                    "aws:PrincipalType": "User",
                    "aws:userid": user.id,
                    "aws:username": user.name,
                },
                issuer_arn=user.arn,
            )
        return found

    def role(self, role: Role) -> Principal:
        """The role itself, as a simulation of its policies sees it."""
        return Principal(
            role.account,
            role.arn,
            "assumed-role",
            id=role.id,
            name=role.name,
            tags=role.tags,
            policies=PolicySets(self._of_entity(role), self._boundary(role)),
            context={
                "aws:PrincipalAccount": role.account,
                "aws:PrincipalArn": role.arn,
                "aws:PrincipalType": "AssumedRole",
                "aws:userid": role.id,
            },
            issuer_arn=role.arn,
        )

    def group(self, group: Group) -> tuple[Policy, ...]:
        """What a group grants its members."""
        return self._of_entity(group)

    def of_session(self, session: Session) -> Principal | None:
        """None when the role or user that it is of is gone, or is another one of that name."""
        directory = self._directory
        if session.of == "role":
            role = directory.get(Role, session.account, session.name)
            return None if role is None or role.id != session.id else self._assumed(role, session)
        if session.of == "root" or not session.name:
            issuer = root_principal(session.account)
        else:
            user = directory.get(User, session.account, session.name)
            if user is None or user.id != session.id:
                return None
            issuer = self.user(user)
        if session.of == "federated-user":
            return self._federated(issuer, session)
        return Principal(
            issuer.account,
            issuer.arn,
            issuer.kind,
            id=issuer.id,
            name=issuer.name,
            tags=issuer.tags,
            policies=issuer.policies,
            context={**issuer.context, **_of_temporary(session)},
            issuer_arn=issuer.arn,
            temporary=True,
        )

    def _assumed(self, role: Role, session: Session) -> Principal:
        arn = f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session.session_name}"
        user_id = f"{role.id}:{session.session_name}"
        return Principal(
            role.account,
            arn,
            "assumed-role",
            id=user_id,
            name=role.name,
            tags=with_tags(role.tags, session.tags),
            policies=PolicySets(
                self._of_entity(role), self._boundary(role), self._of_session(session)
            ),
            context={
                "aws:PrincipalAccount": role.account,
                "aws:PrincipalArn": role.arn,
                "aws:PrincipalType": "AssumedRole",
                "aws:userid": user_id,
                **_of_temporary(session),
            },
            issuer_arn=role.arn,
            temporary=True,
            transitive={
                key: value for key, value in session.tags.items() if key in session.transitive
            },
        )

    def _federated(self, issuer: Principal, session: Session) -> Principal:
        arn = f"arn:aws:sts::{session.account}:federated-user/{session.session_name}"
        user_id = f"{session.account}:{session.session_name}"
        of_issuer = issuer.policies.identity if issuer.kind != "root" else (EVERYTHING,)
        return Principal(
            session.account,
            arn,
            "federated-user",
            id=user_id,
            name=session.session_name,
            tags=with_tags(issuer.tags, session.tags),
            # Without session policies a federated user has no permissions of its own.
            policies=PolicySets(
                of_issuer, issuer.policies.boundary, self._of_session(session) or ()
            ),
            context={
                "aws:PrincipalAccount": session.account,
                "aws:PrincipalArn": arn,
                "aws:PrincipalType": "FederatedUser",
                "aws:userid": user_id,
                **_of_temporary(session),
            },
            issuer_arn=issuer.arn,
            temporary=True,
        )

    # Policies

    def parsed(self, name: str, document: str) -> Policy:
        """A document that is known to be JSON."""
        found = self._parsed.get((name, document))
        if found is None:
            if len(self._parsed) >= _PARSED_MAX:
                del self._parsed[next(iter(self._parsed))]
            found = self._parsed[name, document] = Policy(name, orjson.loads(document))
        return found

    def _of_user(self, user: User) -> tuple[Policy, ...]:
        found = list(self._of_entity(user))
        for name in user.groups:
            group = self._directory.get(Group, user.account, name)
            if group is not None:
                found += self._of_entity(group)
        return tuple(found)

    def _of_entity(self, entity: Entity) -> tuple[Policy, ...]:
        inline = [self.parsed(name, text) for name, text in entity.inline.items()]
        return (*inline, *self._managed(entity.account, entity.attached))

    def _managed(self, account: str, arns: Iterable[str]) -> list[Policy]:
        found = []
        for arn in arns:
            policy = self._directory.policy(account, arn)
            if policy is not None:
                found.append(self.parsed(arn, policy.document))
        return found

    def _boundary(self, of: User | Role) -> Policy | None:
        if of.boundary is None:
            return None
        policy = self._directory.policy(of.account, of.boundary)
        # A boundary whose policy is gone allows nothing.
        document = policy.document if policy else '{"Version":"2012-10-17","Statement":[]}'
        return self.parsed(of.boundary, document)

    def _of_session(self, session: Session) -> tuple[Policy, ...] | None:
        if not session.narrowed:
            return None
        inline = [self.parsed("SessionPolicy", text) for text in session.policies]
        return (*inline, *self._managed(session.account, session.policy_arns))


def with_tags(tags: dict[str, str] | Any, more: dict[str, str]) -> dict[str, str]:
    """Session tags hide those of the role or user; keys are compared without case."""
    hidden = {key.lower() for key in more}
    return {**{k: v for k, v in tags.items() if k.lower() not in hidden}, **more}


def _of_temporary(session: Session) -> dict[str, str]:
    issued = datetime.fromtimestamp(session.issued_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "aws:TokenIssueTime": issued,
        "aws:MultiFactorAuthPresent": "false",
        **session.context,
    }
