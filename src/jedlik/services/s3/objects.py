"""Objects for our own services: exports, imports, backups, deliveries. No HTTP, bounded memory.

    objects = Objects(db, account="000000000000", region="us-east-1")
    async with objects.writer("bucket", "key", content_type="application/json") as out:
        await out.write(b"…")                      # as often as there is something
    info = await objects.head("bucket", "key")
    async for piece in objects.read("bucket", "key", start=0):
        …
    async for info in objects.list("bucket", prefix="exports/"):
        …

Refusals are S3Error, as clients get them (`NoSuchBucket`, `NoSuchKey`, `AccessDenied` for a bucket
of another account, `InvalidRequest` to read what is sealed with a key of a customer's own). An
object is there once `writer` was left without an exception, and then on disk; else nothing is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.services.s3 import checksums, records
from jedlik.services.s3.customer_keys import key_of_object
from jedlik.services.s3.described import DEFAULT_TYPE
from jedlik.services.s3.encryption import fields_of, has_opaque_etag
from jedlik.services.s3.errors import access_denied, no_such_key
from jedlik.services.s3.ranges import Range, stretches_of
from jedlik.services.s3.receiving import Receiver
from jedlik.services.s3.records import Bucket, Version, decode
from jedlik.services.s3.sealing import content
from jedlik.services.s3.store import Store
from jedlik.tables.database import Database

_GATHERED_BYTES = 256 * 1024  # small writes are put together before a thread takes them


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """etag: without its quotes; an MD5 in hexadecimal, for what was not uploaded in parts.
    headers: content-type and the like. checksum: (algorithm, base64, kind)."""

    bucket: str
    key: str
    size: int
    etag: str
    modified_ms: int
    version: str
    headers: Mapping[str, str]
    metadata: Mapping[str, str]
    checksum: tuple[str, str, str] | None


class Objects:
    """The objects that an account may use. Cheap to make."""

    def __init__(self, db: Database, *, account: str, region: str) -> None:
        self._store = Store(db)
        self._account = account
        self._region = region

    async def bucket_region(self, bucket: str) -> str | None:
        """Where a bucket of this account is; None if there is none of that name."""
        found = await self._store.find_bucket(bucket)
        return found.region if found is not None and found.account == self._account else None

    async def make_bucket(self, bucket: str) -> bool:
        """Make a bucket; False if the name is taken."""
        from jedlik.services.s3.buckets import new_bucket

        made = new_bucket(self._store.db, bucket, account=self._account, region=self._region)
        return await self._store.add_bucket(made)

    def writer(
        self,
        bucket: str,
        key: str,
        *,
        content_type: str = DEFAULT_TYPE,
        headers: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        algorithm: str = checksums.DEFAULT,
        encryption: Mapping[str, str] | None = None,
    ) -> ObjectWriter:
        """headers: further ones to be kept, by lower-case name ("content-encoding"). encryption:
        members of PutObject, ServerSideEncryption and SSEKMSKeyId; else as the bucket's default."""
        kept = {"content-type": content_type, **(headers or {})}
        return ObjectWriter(
            self, bucket, key, kept, dict(metadata or {}), algorithm, encryption or {}
        )

    async def put(self, bucket: str, key: str, data: bytes, **described: Any) -> ObjectInfo:
        """A small object at once; `described` as for `writer`."""
        async with self.writer(bucket, key, **described) as out:
            await out.write(data)
        assert out.info is not None
        return out.info

    async def head(self, bucket: str, key: str) -> ObjectInfo:
        """Raises NoSuchKey."""
        found = await self._bucket(bucket)
        return _info(found, await self._current(found, key))

    async def exists(self, bucket: str, key: str) -> bool:
        found = await self._store.current(await self._bucket(bucket), key)
        return found is not None and not found.marker

    async def read(
        self, bucket: str, key: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end` (not included), in pieces of up to 512 KB."""
        version = await self._current(await self._bucket(bucket), key)
        stop = version.size if end is None else min(end, version.size)
        key_of_object({}, version)
        wanted = Range(start, max(start, stop))
        pieces = content(self._store.blobs, await stretches_of(self._store, version, wanted), None)
        try:
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()  # type: ignore[attr-defined]

    async def get(self, bucket: str, key: str) -> bytes:
        """All of a small object."""
        return b"".join([piece async for piece in self.read(bucket, key)])

    async def place(self, bucket: str, key: str, target: Path) -> None:
        """Make the object a local file, for programs that read files: without copying its bytes
        where that can be."""
        version = await self._current(await self._bucket(bucket), key)
        key_of_object({}, version)
        blobs = self._store.blobs
        if version.blob != "" and await blobs.run(blobs.place, version.blob, target):
            return
        with target.open("wb") as file:
            async for piece in self.read(bucket, key):
                await blobs.run(file.write, piece)

    async def list(
        self, bucket: str, *, prefix: str = "", after: str = ""
    ) -> AsyncIterator[ObjectInfo]:
        """The current objects whose keys begin with `prefix`, in order."""
        found = await self._bucket(bucket)
        group = records.objects(found)
        async for _, row in self._store.walk(group, prefix=prefix, after=after, delimiter=""):
            assert row is not None
            version = decode(Version, row)
            if not version.marker:
                yield _info(found, version)

    async def delete(self, bucket: str, key: str) -> None:
        """Delete an object, or mark it deleted where its bucket keeps versions."""
        found = await self._bucket(bucket)
        if found.versioning:
            now = self._store.db.clock.now_ms()
            marker = Version(key=key, seq=0, modified_ms=now, marker=True)
            await self._store.put(found, marker)
        else:
            await self._store.remove(found, key)

    async def _bucket(self, name: str) -> Bucket:
        bucket = await self._store.bucket(name)
        if bucket.account != self._account:
            raise access_denied()
        return bucket

    async def _current(self, bucket: Bucket, key: str) -> Version:
        found = await self._store.current(bucket, key)
        if found is None or found.marker:
            raise no_such_key(key)
        return found

    async def _open(
        self, name: str, algorithm: str, encryption: Mapping[str, str]
    ) -> tuple[Bucket, dict[str, Any], Receiver]:
        """The bucket, the fields of a Version that tell of its encryption, what takes the bytes."""
        bucket = await self._bucket(name)
        now_s = self._now_ms() / 1000
        ctx = Context(self._store.db, bucket.account, bucket.region, None, "", now_s)
        fields = await fields_of(ctx, bucket, encryption)
        return bucket, fields, Receiver(self._store.blobs, [algorithm])

    async def _run(self, work: Any, *arguments: Any) -> Any:
        return await self._store.blobs.run(work, *arguments)

    async def _commit(self, bucket: Bucket, new: Version, blob: str) -> ObjectInfo:
        try:
            stored = await self._store.put(bucket, new, kept=[blob] if blob else [])
        except BaseException:
            if blob:
                await self._store.blobs.drop([blob])
            raise
        return _info(bucket, stored)

    def _now_ms(self) -> int:
        return self._store.db.clock.now_ms()


class ObjectWriter:
    """An object in the making; an async context. info: what it became, once left."""

    def __init__(
        self,
        objects: Objects,
        bucket: str,
        key: str,
        headers: dict[str, str],
        metadata: dict[str, str],
        algorithm: str,
        encryption: Mapping[str, str],
    ) -> None:
        self._objects = objects
        self._encryption = encryption
        self._bucket_name = bucket
        self._key = key
        self._headers = headers
        self._metadata = metadata
        self._algorithm = algorithm
        self._gathered: list[bytes] = []
        self._size = 0
        self.info: ObjectInfo | None = None
        self.md5 = b""
        """Of the bytes, once left; the ETag of what KMS encrypts is none."""

    async def __aenter__(self) -> ObjectWriter:
        self._bucket, self._fields, self._receiver = await self._objects._open(
            self._bucket_name, self._algorithm, self._encryption
        )
        return self

    async def write(self, data: bytes) -> None:
        self._gathered.append(data)
        self._size += len(data)
        if self._size >= _GATHERED_BYTES:
            await self._flush()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            await self._objects._run(self._receiver.abort)
            return
        try:
            await self._flush()
            await self._objects._run(self._receiver.finish)
        except BaseException:
            await self._objects._run(self._receiver.abort)
            raise
        received = self._receiver
        new = Version(
            key=self._key,
            seq=0,
            modified_ms=self._objects._now_ms(),
            etag="",
            size=received.size,
            blob=received.blob,
            headers=self._headers,
            metadata=self._metadata,
            checksum=(self._algorithm, received.checksum(self._algorithm), "FULL_OBJECT"),
            **self._fields,
        )
        new = replace(new, etag=received.etag(opaque=has_opaque_etag(new)))
        self.md5 = received.md5
        self.info = await self._objects._commit(self._bucket, new, received.blob)

    async def _flush(self) -> None:
        data = b"".join(self._gathered)
        self._gathered.clear()
        self._size = 0
        if data:
            await self._objects._run(self._receiver.take, data)


def _info(bucket: Bucket, version: Version) -> ObjectInfo:
    return ObjectInfo(
        bucket.name,
        version.key,
        version.size,
        version.etag,
        version.modified_ms,
        version.version,
        version.headers,
        version.metadata,
        None if version.customer else version.checksum,
    )
