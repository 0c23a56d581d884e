"""AWS's managed policies: package data, one file each in `managed_policies/`, read when asked for.

Written from the lists of actions that AWS publishes in its managed policy reference.
"""

from __future__ import annotations

import functools
import json
from base64 import b32encode
from hashlib import sha256
from importlib import resources

from .records import AWS, ManagedPolicy, PolicyVersion

_CREATED_AT = 1_423_164_000.0  # 2015-02-05, when most of them appeared


def aws_managed_policy(arn: str) -> ManagedPolicy | None:
    """The policy of an ARN such as arn:aws:iam::aws:policy/ReadOnlyAccess, None if unknown."""
    name = arn.rpartition("/")[2]
    if name not in _names():  # whatever a client sends: it makes no path of a file
        return None
    found = _read(name)
    return found if found.arn == arn else None


@functools.cache
def aws_managed_policies() -> tuple[ManagedPolicy, ...]:
    """All of them, in order of their names."""
    return tuple(_read(name) for name in sorted(_names()))


@functools.cache
def _names() -> frozenset[str]:
    folder = resources.files(__package__) / "managed_policies"
    return frozenset(each.name[:-5] for each in folder.iterdir() if each.name.endswith(".json"))


@functools.cache
def _read(name: str) -> ManagedPolicy:
    file = resources.files(__package__) / "managed_policies" / f"{name}.json"
    told = json.loads(file.read_bytes())
    document = json.dumps(told["Document"], indent=2)
    return ManagedPolicy(
        name=name,
        id=_id(name),
        account=AWS,
        path=told.get("Path", "/"),
        description=told.get("Description", ""),
        created_at=_CREATED_AT,
        updated_at=_CREATED_AT,
        versions=(PolicyVersion(1, document, _CREATED_AT),),
    )


def _id(name: str) -> str:
    """AWS's own ids are not published; ours are the same everywhere."""
    return "ANPA" + b32encode(sha256(name.encode()).digest())[:17].decode()
