"""Who a caller is, with everything that judging them needs: names, tags, policies, context keys.

A Principal never changes. The Directory (or the sessions) makes one when its key is first seen and
hands out the same object until something about it changes, so caches may go by the object itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct, field

Kind = Literal["root", "user", "assumed-role", "federated-user"]
_NONE: Mapping[str, str] = MappingProxyType({})


def _none() -> Mapping[str, str]:
    return _NONE


class Policy(Struct, frozen=True, eq=False):
    """A policy that is attached somewhere. name: its ARN, or an inline policy's name.

    document: parsed JSON, known to be a policy. Equal only to itself: what is compiled from it may
    be kept by the object.
    """

    name: str
    document: Mapping[str, Any]

    def __repr__(self) -> str:  # without the document
        return f"Policy({self.name!r})"


class PolicySets(Struct, frozen=True, eq=False):
    """What is evaluated for a principal, besides the policy of the resource.

    identity: managed and inline ones, with those of the groups. boundary: the permissions boundary.
    session: what a session was narrowed to when it was made; None: not narrowed, while an empty one
    allows nothing. service_control: each of them has to allow; None: there are none.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    service_control: tuple[Policy, ...] | None = None


NO_POLICIES = PolicySets()


class Principal(Struct, frozen=True, eq=False):
    """Who signs.

    arn: "arn:aws:iam::000000000000:user/a", "arn:aws:sts::000000000000:assumed-role/r/session".
    id: what aws:userid says: the account of root, "AIDA…", "AROA…:session", "account:name" of a
    federated user. name: of the user, role or federated user, "" for root.
    issuer_arn: the role of an assumed role, the user behind a federated one, else `arn` again.
    tags: aws:PrincipalTag/…, of the session where it is one.
    context: condition keys with their values, such as aws:username, aws:PrincipalArn,
    aws:TokenIssueTime, aws:FederatedProvider, cognito-identity.amazonaws.com:sub.
    temporary: came with a session token. transitive: the session tags that go along when it assumes
    a role.
    A root that came with a session (GetSessionToken) is still "root".
    """

    account: str
    arn: str
    kind: Kind = "root"
    id: str = ""
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=_none)
    policies: PolicySets = NO_POLICIES
    context: Mapping[str, str] = field(default_factory=_none)
    issuer_arn: str = ""
    temporary: bool = False
    transitive: Mapping[str, str] = field(default_factory=_none)


def root_principal(account: str) -> Principal:
    """The owner of an account, who may do anything in it."""
    arn = f"arn:aws:iam::{account}:root"
    return Principal(
        account,
        arn,
        "root",
        id=account,
        issuer_arn=arn,
        context={
            "aws:PrincipalAccount": account,
            "aws:PrincipalArn": arn,
            "aws:PrincipalType": "Account",
            "aws:userid": account,
        },
    )
