"""Configurations of buckets: stored as they were read, given back as they are.

A kind is what one triple of operations is about. What a bucket answers that has none is the kind's
`missing` refusal, or its `default`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of
from jedlik.services.s3.errors import no_configuration
from jedlik.services.s3.store import Store


@dataclass(frozen=True)
class Kind:
    """name: of the row. missing: code and text of the refusal where there is none."""

    name: str
    missing: tuple[str, str] | None = None


CORS = Kind("cors", ("NoSuchCORSConfiguration", "The CORS configuration does not exist"))
LIFECYCLE = Kind(
    "lifecycle",
    ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
)
POLICY = Kind("policy", ("NoSuchBucketPolicy", "The bucket policy does not exist"))
TAGGING = Kind("tagging", ("NoSuchTagSet", "The TagSet does not exist"))
WEBSITE = Kind(
    "website",
    (
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
    ),
)
OWNERSHIP = Kind(
    "ownership",
    ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
)
OWNERSHIP_GONE = Kind("no-ownership", OWNERSHIP.missing)
PUBLIC_ACCESS = Kind(
    "public-access",
    (
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
    ),
)
REPLICATION = Kind(
    "replication",
    ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
)
OBJECT_LOCK = Kind(
    "object-lock",
    (
        "ObjectLockConfigurationNotFoundError",
        "Object Lock configuration does not exist for this bucket",
    ),
)
ENCRYPTION = Kind("encryption")
NOTIFICATION = Kind("notification")
LOGGING = Kind("logging")
ACCELERATION = Kind("acceleration")
PAYMENT = Kind("payment")


async def get(ctx: RestContext, req: dict[str, Any], kind: Kind, default: Any = None) -> Any:
    """What was put, else the default; raises the refusal of a kind without one."""
    bucket = await bucket_of(ctx, req)
    found = await Store.of(ctx).configuration(bucket, kind.name)
    if found is not None:
        return found
    if kind.missing is not None and default is None:
        raise no_configuration(*kind.missing, bucket.name)
    return default


async def put(ctx: RestContext, req: dict[str, Any], kind: Kind, new: Any) -> None:
    bucket = await bucket_of(ctx, req)
    await Store.of(ctx).configure(bucket, kind.name, new)


async def delete(ctx: RestContext, req: dict[str, Any], kind: Kind) -> None:
    """Harmless where there is none."""
    bucket = await bucket_of(ctx, req)
    await Store.of(ctx).configure(bucket, kind.name, None)
