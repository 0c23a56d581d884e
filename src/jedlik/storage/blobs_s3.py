"""Object bytes in an S3-compatible store: for machines that share no folder.

    <prefix><id[:2]>/<id>        complete, never changed again

A blob of up to 8 MB is one PUT, a larger one a multipart upload, so no more than a part is ever in
memory. Plain signed HTTP over the standard library's client, in threads; a request that fails for
want of a connection or by a 5xx answer is tried again.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

from jedlik.storage.blobs import OTHERS_WORK_S, BlobsUnreachable, Span, ThreadedBlobs

PART_BYTES = 8 << 20
READ_BYTES = 1 << 20
TIMEOUT_S = 60.0
ATTEMPTS_MAX = 4
_ID = re.compile(r"[0-9a-f]{32}")
_PREFIX = re.compile(r"[A-Za-z0-9_./-]*")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{2,62}")

Sign = Callable[[str, str, Mapping[str, str], bytes], dict[str, str]]
"""From method, target, headers and body to the headers that sign them."""


class Address(NamedTuple):
    """Where the bytes are: `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`."""

    bucket: str
    prefix: str
    endpoint: str
    region: str


def parse(url: str) -> Address:
    """Raises ValueError, saying what is wrong."""
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    region = options.pop("region", ["us-east-1"])[0]
    endpoint = options.pop("endpoint", [f"https://s3.{region}.amazonaws.com"])[0]
    prefix = parts.path.strip("/")
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or options:
        raise ValueError("object bytes go to s3://BUCKET/PREFIX?endpoint=URL&region=NAME")
    if not _PREFIX.fullmatch(prefix) or ".." in prefix or "//" in prefix:
        raise ValueError("a prefix of letters, digits and _ . / - names where object bytes go")
    if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname:
        raise ValueError(f"{endpoint!r} is no endpoint of an S3-compatible store")
    return Address(parts.netloc, f"{prefix}/" if prefix else "", endpoint.rstrip("/"), region)


class S3Blobs(ThreadedBlobs):
    """Blobs as objects of a bucket that is there already."""

    def __init__(self, address: Address, sign: Sign) -> None:
        super().__init__(began_at=time.time() - OTHERS_WORK_S)
        self._address = address
        self._sign = sign
        self._host = urlsplit(address.endpoint).netloc
        self._local = threading.local()

    def writer(self) -> S3Writer:
        return S3Writer(self, os.urandom(16).hex())

    def link(self, id: str) -> str:
        new = os.urandom(16).hex()
        self._unsettled.add(new)
        source = quote(f"/{self._address.bucket}/{self.key(id)}")
        self.call("PUT", self.key(new), headers={"x-amz-copy-source": source})
        return new

    async def read(self, spans: Sequence[Span]) -> AsyncIterator[bytes]:
        names = {span.id for span in spans}
        self._pin(names)
        try:
            for span in spans:
                at, end = span.start, span.start + span.length
                while at < end:
                    part = await self.run(self._get, span.id, at, min(at + READ_BYTES, end))
                    if not part:
                        raise EOFError(f"blob {span.id} is shorter than its row says")
                    at += len(part)
                    yield part
        finally:
            self._unpin(names)

    def key(self, id: str) -> str:
        assert _ID.fullmatch(id), id
        return f"{self._address.prefix}{id[:2]}/{id}"

    def began(self, id: str) -> None:
        """A blob is there from now on that no row refers to yet."""
        self._unsettled.add(id)

    def call(
        self,
        method: str,
        key: str,
        query: str = "",
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        missing_is_fine: bool = False,
    ) -> tuple[bytes, str]:
        """One request; the answer's body and ETag. Raises BlobsUnreachable."""
        target = f"/{self._address.bucket}" + (f"/{key}" if key else "")
        target += f"?{query}" if query else ""
        fault = ""
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                time.sleep(random.uniform(0.5, 1.0) * 0.1 * 2**attempt)
            given = {
                "Host": self._host,
                "x-amz-content-sha256": sha256(body).hexdigest(),
                **(headers or {}),
            }
            try:
                connection = self._connection()
                signed = {**given, **self._sign(method, target, given, body)}
                connection.request(method, target, body, signed)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as broken:
                self._local.connection = None
                fault = str(broken) or type(broken).__name__
                continue
            if answer.status < 300:
                if content[:200].find(b"<Error>") >= 0:  # a copy tells late that it failed
                    fault = content[:200].decode("utf-8", "replace")
                    continue
                return content, answer.headers.get("ETag", "")
            if answer.status == 404 and missing_is_fine:
                return b"", ""
            fault = f"{answer.status} {content[:200].decode('utf-8', 'replace')}"
            if answer.status < 500:
                break
        raise BlobsUnreachable(
            f"{method} of object bytes at {self._address.endpoint} failed: {fault}"
        )

    def _connection(self) -> http.client.HTTPConnection:
        """This thread's, kept open."""
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if found is None:
            parts = urlsplit(self._address.endpoint)
            make = (
                http.client.HTTPSConnection
                if parts.scheme == "https"
                else http.client.HTTPConnection
            )
            found = make(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
            self._local.connection = found
        return found

    def _get(self, id: str, start: int, end: int) -> bytes:
        bounds = {"Range": f"bytes={start}-{end - 1}"}
        return self.call("GET", self.key(id), headers=bounds)[0]

    def _remove(self, ids: Sequence[str]) -> None:
        for id in ids:
            self.call("DELETE", self.key(id), missing_is_fine=True)

    def _list(self, shelf: str) -> list[str]:
        found: list[str] = []
        after = ""
        while True:
            prefix = quote(f"{self._address.prefix}{shelf}/", safe="")
            query = f"list-type=2&prefix={prefix}"
            if after:
                query += f"&start-after={quote(after, safe='')}"
            page = ElementTree.fromstring(self.call("GET", "", query)[0])
            entries = [each for each in page.iter() if each.tag.endswith("Contents")]
            for entry in entries:
                parts = {each.tag.rpartition("}")[2]: each.text or "" for each in entry}
                after = parts["Key"]
                name = after.rpartition("/")[2]
                changed = datetime.fromisoformat(parts["LastModified"]).timestamp()
                if _ID.fullmatch(name) and changed < self._began_at:
                    found.append(name)
            more = [each for each in page.iter() if each.tag.endswith("IsTruncated")]
            if not entries or not more or more[0].text != "true":
                return found


class S3Writer:
    """A blob in the making: nothing of it is there before `finish`."""

    __slots__ = ("_blobs", "_held", "_parts", "_size", "_upload", "id")

    def __init__(self, blobs: S3Blobs, id: str) -> None:
        self.id = id
        self._blobs = blobs
        self._held: list[bytes] = []
        self._size = 0
        self._upload = ""
        self._parts: list[str] = []

    def write(self, data: bytes) -> None:
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size >= PART_BYTES:
            self._send_part()

    def finish(self) -> None:
        self._blobs.began(self.id)
        key = self._blobs.key(self.id)
        if not self._upload:
            self._blobs.call("PUT", key, body=b"".join(self._held))
        else:
            if self._held:
                self._send_part()
            listed = "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
                for number, etag in enumerate(self._parts, 1)
            )
            document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
            self._blobs.call("POST", key, f"uploadId={self._upload}", body=document)
        self._held.clear()
        self._upload = ""

    def abort(self) -> None:
        self._held.clear()
        if self._upload:
            upload, self._upload = self._upload, ""
            key = self._blobs.key(self.id)
            self._blobs.call("DELETE", key, f"uploadId={upload}", missing_is_fine=True)

    def _send_part(self) -> None:
        key = self._blobs.key(self.id)
        if not self._upload:
            begun = ElementTree.fromstring(self._blobs.call("POST", key, "uploads=")[0])
            found = [each.text for each in begun.iter() if each.tag.endswith("UploadId")]
            self._upload = quote(found[0] or "", safe="")
        query = f"partNumber={len(self._parts) + 1}&uploadId={self._upload}"
        body = b"".join(self._held)
        self._held.clear()
        self._size = 0
        self._parts.append(self._blobs.call("PUT", key, query, body=body)[1])
