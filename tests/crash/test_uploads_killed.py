"""kill -9 during uploads: what was acknowledged is there, whole; of the rest there is nothing, and
its files go."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server

ROUNDS = 3
WRITERS = 3
SIZES = (0, 10, 70_000, 3_000_000)
SWEPT_S_MAX = 120
BUCKET = "crash-bucket"


def content(key: str, version: int) -> bytes:
    size = SIZES[version % len(SIZES)]
    seed = hashlib.sha256(f"{key} {version}".encode()).digest()
    return (seed * (size // 32 + 1))[:size]


class Writer(threading.Thread):
    """Overwrites one key by puts and multipart uploads until the server is gone."""

    def __init__(self, server: Server, key: str, start: int) -> None:
        super().__init__()
        self.s3 = server.client("s3")
        self.key = key
        self.acknowledged = start
        self.tried = start
        self.ended: Exception | None = None

    def run(self) -> None:
        try:
            while True:
                self.tried += 1
                self.write(content(self.key, self.tried), parts=self.tried % 3 == 0)
                self.acknowledged = self.tried
        except Exception as error:
            self.ended = error  # most likely killed

    def write(self, body: bytes, *, parts: bool) -> None:
        named: dict[str, Any] = {"Bucket": BUCKET, "Key": self.key}
        if not parts:
            self.s3.put_object(**named, Body=body)
            return
        named["UploadId"] = self.s3.create_multipart_upload(**named)["UploadId"]
        part = self.s3.upload_part(**named, PartNumber=1, Body=body)
        self.s3.complete_multipart_upload(
            **named, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        )


@pytest.mark.slow
def test_uploads_happen_whole_or_not_at_all(tmp_path: Path) -> None:
    server = Server("--data", str(tmp_path / "data"), "--dax-nodes", "0")
    keys = [f"key-{n}" for n in range(WRITERS)]
    reached = dict.fromkeys(keys, 0)
    try:
        server.start()
        server.client("s3").create_bucket(Bucket=BUCKET)
        for _ in range(ROUNDS):
            writers = [Writer(server, key, reached[key]) for key in keys]
            for writer in writers:
                writer.start()
            _wait(lambda: all(w.acknowledged > reached[w.key] + 3 or w.ended for w in writers))  # noqa: B023
            assert [w.ended for w in writers] == [None] * WRITERS, server.log.read_text()
            server.kill()
            for writer in writers:
                writer.join()
            server.restart()
            s3 = server.client("s3")
            for writer in writers:
                found = s3.get_object(Bucket=BUCKET, Key=writer.key)["Body"].read()
                possible = {
                    version: content(writer.key, version)
                    for version in (writer.acknowledged, writer.tried)
                }
                assert found in possible.values(), writer.key
                reached[writer.key] = max(v for v, body in possible.items() if body == found)
        for upload in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
            s3.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])
        for key in keys:
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"last")
        # In the end there is one file for each object, and none else.
        objects = tmp_path / "data" / "objects"
        _wait(lambda: len([f for f in objects.rglob("*") if f.is_file()]) == len(keys))
    finally:
        server.kill()
        server.log.unlink(missing_ok=True)


def _wait(holds: Any) -> None:
    deadline = time.monotonic() + SWEPT_S_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
