"""What an operation asks permission for: declared beside the operation, judged by `identity`.

Most operations ask once: their own action on the ARNs that `resource=` finds in the request. Those
that ask for more (each table of a batch, each item of a transaction, a role that is passed on) give
`permissions=`, an object with the two methods of `Permissions`.

    @operation("kinesis", "PutRecord", access="write", resource=stream_arn)
    @operation("s3", "ListObjectsV2", access="list", resource=bucket_arn, action="ListBucket")
    @operation("dax", "CreateCluster", access="write", permissions=CreateClusterAsks())
    @operation("sts", "GetCallerIdentity", access="read", permissions=FREE)
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from .context import Context

Request = dict[str, Any]


class ConditionKeys(Protocol):
    """Values of condition keys, asked for in lower case; None for what the request has not got."""

    def get(self, key: str, /) -> Sequence[str] | None: ...


class Unknowable(Exception):
    """Raised for a condition key that cannot be told of a request that is wrong in itself: then
    nothing is allowed that depends on it."""


class Ask(NamedTuple):
    """One thing to be allowed: an action on a resource.

    keys: condition keys of the service ("dynamodb:leadingkeys"), found out only when a policy asks.
    policies: the resource's own policies, by name their documents' text; read once for as long as
    `stamp` is the same object. owner: the resource's account, where the ARN does not say.
    member: for operations that answer each member of a list by itself, its place: what is refused
    is then told there (`Context.refused`), not as the whole answer.
    """

    action: str
    resource: str
    keys: ConditionKeys | None = None
    policies: Mapping[str, str] = {}
    stamp: object = None
    owner: str = ""
    needs_resource_allow: bool = False
    member: int | None = None


class Permissions(Protocol):
    """What an operation asks."""

    def asks(self, ctx: Context, req: Request) -> Sequence[Ask] | None:
        """All of it; None where something has to be read first."""
        ...

    async def asks_after_reading(self, ctx: Context, req: Request) -> Sequence[Ask]:
        """The same, with leave to wait."""
        ...


class Leading(Protocol):
    """Where requests of one shape have the one value that differs from row to row."""

    def of(self, req: Request) -> str | None:
        """That value as text; None where it has to be looked at closely."""
        ...


@runtime_checkable
class OnSubject(Permissions, Protocol):
    """For the operations of the data path: all that is asked is one action on one resource, which
    follows from the subject (a table) and the index named beside it.

    leading_keys: the condition keys that say which row is meant. All the others follow from a
    request's shape: its attribute names and expressions, without any value.
    """

    @property
    def leading_keys(self) -> frozenset[str]: ...

    def subject(self, ctx: Context, req: Request) -> object:
        """What stays the same object for as long as nothing about it changes; None: not at hand."""
        ...

    def keys_for(self, req: Request, subject: Any) -> ConditionKeys | None:
        """The condition keys of a request; None where it asks more than the one action."""
        ...

    def shape(self, req: Request, whole: bool) -> Hashable | None:
        """What requests that are alike have in common; None: look at each of them closely.

        whole: all that condition keys but the leading ones follow from; else as much as says
        where the leading value is.
        """
        ...

    def leading(self, req: Request, subject: Any) -> Leading | None:
        """Where requests of this one's shape have it; None where there is not just one value."""
        ...


class _Free:
    """Whoever is signed may."""

    def asks(self, ctx: Context, req: Request) -> Sequence[Ask]:
        return ()

    async def asks_after_reading(self, ctx: Context, req: Request) -> Sequence[Ask]:
        return ()


FREE: Permissions = _Free()
"""For operations that need no permission, such as sts:GetCallerIdentity."""


class Given:
    """Condition keys from a mapping; names in any case."""

    def __init__(self, found: Mapping[str, str | Sequence[str]]) -> None:
        self._found = {
            key.lower(): (value,) if isinstance(value, str) else tuple(value)
            for key, value in found.items()
        }

    def get(self, key: str, /) -> Sequence[str] | None:
        return self._found.get(key)


def pass_role(role_arn: str, service: str) -> Ask:
    """iam:PassRole, which AWS asks of whoever hands a role to a service ("dax.amazonaws.com")."""
    return Ask("iam:PassRole", role_arn, Given({"iam:PassedToService": service}))
