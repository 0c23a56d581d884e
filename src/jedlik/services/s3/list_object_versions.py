"""ListObjectVersions: every version and delete marker, the latest of a key first."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import records
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.errors import invalid_argument
from jedlik.services.s3.listing import bounded, describer, encoder, owner
from jedlik.services.s3.records import NULL, Bucket, Version, decode
from jedlik.services.s3.store import Store


@operation(
    "s3", "ListObjectVersions", access="list", permissions=on_bucket("s3:ListBucketVersions")
)
async def list_object_versions(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    encode, describe = encoder(req), describer(ctx, req)
    limit = bounded(req.get("MaxKeys"), "max-keys")
    prefix, delimiter = req.get("Prefix") or "", req.get("Delimiter") or ""
    key_marker, version_marker = req.get("KeyMarker") or "", req.get("VersionIdMarker") or ""
    if version_marker and not key_marker:
        raise invalid_argument(
            "A version-id marker cannot be specified without a key marker.",
            "version-id-marker",
            version_marker,
        )
    found: list[tuple[Version, bool]] = []
    prefixes: list[str] = []
    last: tuple[str, str] | None = None
    truncated = False

    def is_full() -> bool:
        return len(found) + len(prefixes) >= limit

    if version_marker and limit:
        rest = await _rest(store, bucket, key_marker, version_marker, limit + 1)
        found += [(version, False) for version in rest[:limit]]
        truncated = len(rest) > limit
    group = records.objects(bucket)
    walk = store.walk(group, prefix=prefix, after=key_marker, delimiter=delimiter)
    async for name, row in walk:
        if truncated or limit == 0:
            break
        if is_full():
            truncated = True
            break
        if row is None:
            prefixes.append(name)
            last = (name, "")
            continue
        current = decode(Version, row)
        found.append((current, True))
        if current.older:
            room = limit - len(found) - len(prefixes)
            older = await store.older(bucket, name, below=current.seq, limit=room + 1)
            found += [(version, False) for version in older[:room]]
            truncated = len(older) > room
        last = None
    answer: dict[str, Any] = {
        "Name": bucket.name,
        "Prefix": encode(prefix),
        "KeyMarker": encode(key_marker),
        "VersionIdMarker": version_marker,
        "MaxKeys": limit,
        "IsTruncated": truncated,
        "Delimiter": encode(delimiter) or None,
        "EncodingType": req.get("EncodingType"),
        "Versions": [
            _entry(*each, bucket, encode, describe) for each in found if not each[0].marker
        ],
        "DeleteMarkers": [
            _entry(*each, bucket, encode, describe) for each in found if each[0].marker
        ],
        "CommonPrefixes": [{"Prefix": encode(each)} for each in prefixes],
    }
    if truncated:
        if last is None:
            last = (found[-1][0].key, found[-1][0].version)
        answer["NextKeyMarker"] = encode(last[0])
        answer["NextVersionIdMarker"] = last[1] or None
    return answer


async def _rest(store: Store, bucket: Bucket, key: str, marker: str, limit: int) -> list[Version]:
    """The versions of a key that come after one of them."""
    current = await store.current(bucket, key)
    if current is None:
        return []
    if current.version == marker:
        seq = current.seq
    else:
        seq = (current.null_seq if marker == NULL else records.seq_of(marker)) or 0
    return await store.older(bucket, key, below=seq, limit=limit) if seq else []


def _entry(
    version: Version, latest: bool, bucket: Bucket, encode: Any, describe: Any
) -> dict[str, Any]:
    whose = {
        "VersionId": version.version,
        "IsLatest": latest,
        "Owner": owner(bucket.account),
    }
    if version.marker:
        return {
            "Key": encode(version.key),
            "LastModified": version.modified_ms // 1000,
            **whose,
        }
    return {**describe(version), **whose}
