"""ListObjects, ListObjectsV2: order, pages, delimiters, checked against a model."""

from __future__ import annotations

import random
from typing import Any

import pytest

KEYS = [
    "a", "a/", "a/1", "a/2", "a/b/1", "a/b/2", "a0", "b", "b/", "b//x", "c/d/e/f", "dir-1/x",
    "dir/x", "dir.x", "é/1", "z\U0001f600",
]  # fmt: skip


@pytest.fixture(scope="module")
def full(s3: Any, target: str) -> str:
    import uuid

    if target == "aws":
        pytest.skip("leaves a bucket behind")
    name = f"jedlik-test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    for key in KEYS:
        s3.put_object(Bucket=name, Key=key)
    return name


def model(prefix: str, delimiter: str, after: str) -> list[str]:
    found: list[str] = []
    for key in sorted(KEYS, key=lambda key: key.encode()):
        if key.startswith(prefix) and key.encode() > after.encode():
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            entry = key if cut < 0 else key[: cut + len(delimiter)]
            if entry not in found and entry != after:
                found.append(entry)
    return found


def entries(page: dict[str, Any]) -> list[str]:
    found = [each["Key"] for each in page.get("Contents", ())]
    found += [each["Prefix"] for each in page.get("CommonPrefixes", ())]
    return sorted(found, key=lambda key: key.encode())


@pytest.mark.parametrize("seed", range(12))
def test_pages_hold_what_a_model_says(s3: Any, full: str, seed: int) -> None:
    chosen = random.Random(seed)
    prefix = chosen.choice(["", "a", "a/", "b/", "dir", "none", "c/d/"])
    delimiter = chosen.choice(["", "/", "//", "1"])
    after = chosen.choice(["", "a/", "a/1", "b", "zz"])
    size = chosen.randint(1, 6)
    expected = model(prefix, delimiter, after)
    asked: dict[str, Any] = {"Bucket": full, "Prefix": prefix, "Delimiter": delimiter}
    found: list[str] = []
    token: dict[str, str] = {"StartAfter": after}
    while True:
        page = s3.list_objects_v2(**asked, MaxKeys=size, **token)
        assert page["KeyCount"] == len(entries(page)) <= size
        found += entries(page)
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert found == expected
    # The older listing, continued by keys.
    found, marker = [], after
    while True:
        page = s3.list_objects(**asked, MaxKeys=size, Marker=marker)
        found += entries(page)
        if not page["IsTruncated"]:
            break
        marker = page["NextMarker"] if delimiter else page["Contents"][-1]["Key"]
    assert found == expected


def test_no_keys_at_all(s3: Any, full: str, refused: Any) -> None:
    page = s3.list_objects_v2(Bucket=full, MaxKeys=0)
    assert page["KeyCount"] == 0 and not page["IsTruncated"]
    with refused("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=full, MaxKeys=-1)
    with refused("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=full, ContinuationToken="nonsense")


def test_what_a_listing_tells(s3: Any, full: str) -> None:
    page = s3.list_objects_v2(Bucket=full, Prefix="a0", FetchOwner=True)
    entry = page["Contents"][0]
    assert (entry["Size"], entry["StorageClass"]) == (0, "STANDARD")
    assert len(entry["Owner"]["ID"]) == 64
    assert entry["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
