"""What fsspec's users do with S3. Run by a Python that has s3fs: s3fs_story.py BUCKET FOLDER."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import s3fs  # type: ignore[import-not-found]

bucket, folder = sys.argv[1], Path(sys.argv[2])
fs = s3fs.S3FileSystem(
    key=os.environ["AWS_ACCESS_KEY_ID"],
    secret=os.environ["AWS_SECRET_ACCESS_KEY"],
    endpoint_url=os.environ["AWS_ENDPOINT_URL"],
)
fs.put(str(folder), f"{bucket}/tree", recursive=True)
assert sorted(fs.find(f"{bucket}/tree")) == sorted(
    f"{bucket}/tree/{file.relative_to(folder)}" for file in folder.rglob("*") if file.is_file()
)
assert fs.ls(f"{bucket}/tree/sub", detail=False) == [
    f"{bucket}/tree/sub/b c+d.txt",
    f"{bucket}/tree/sub/deep",
]
block = os.urandom(1 << 20)
with fs.open(f"{bucket}/written", "wb", block_size=5 << 20) as out:
    for _ in range(12):
        out.write(block)
assert fs.info(f"{bucket}/written")["size"] == 12 << 20
with fs.open(f"{bucket}/written", "rb") as source:
    source.seek((5 << 20) - 3)
    assert source.read(6) == (block[-3:] + block[:3])
fs.copy(f"{bucket}/written", f"{bucket}/copied")
assert fs.checksum(f"{bucket}/written") and fs.exists(f"{bucket}/copied")
fs.mv(f"{bucket}/tree/a.txt", f"{bucket}/moved.txt")
assert fs.cat(f"{bucket}/moved.txt") == b"hello"
assert not fs.exists(f"{bucket}/tree/a.txt")
fs.rm(bucket, recursive=True)
assert not fs.exists(bucket)
print("told")
