"""Versions: kept, marked as deleted, brought back; the null version; listings of all of them."""

from __future__ import annotations

from typing import Any


def versions(s3: Any, bucket: str) -> list[tuple[str, str, bool, bool]]:
    """(key, version, latest, marker) as listed, kinds merged back in order of time."""
    page = s3.list_object_versions(Bucket=bucket)
    found = [(v["Key"], v["VersionId"], v["IsLatest"], False) for v in page.get("Versions", ())]
    found += [
        (m["Key"], m["VersionId"], m["IsLatest"], True) for m in page.get("DeleteMarkers", ())
    ]
    return found


def read(s3: Any, bucket: str, key: str, version: str | None = None) -> bytes:
    named = {"VersionId": version} if version else {}
    content: bytes = s3.get_object(Bucket=bucket, Key=key, **named)["Body"].read()
    return content


def test_versions_are_kept(s3: Any, versioned: str, refused: Any) -> None:
    ids = [
        s3.put_object(Bucket=versioned, Key="k", Body=body)["VersionId"] for body in (b"1", b"2")
    ]
    assert len(set(ids)) == 2 and len(ids[0]) == 32
    assert read(s3, versioned, "k") == b"2"
    assert [read(s3, versioned, "k", each) for each in ids] == [b"1", b"2"]
    with refused("InvalidArgument", 400):
        read(s3, versioned, "k", "nonsense")
    gone = s3.delete_object(Bucket=versioned, Key="k")
    assert gone["DeleteMarker"]
    with refused("NoSuchKey", 404) as error:
        read(s3, versioned, "k")
    headers = error.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-delete-marker"] == "true"
    with refused("405", 405):
        s3.head_object(Bucket=versioned, Key="k", VersionId=gone["VersionId"])
    assert s3.list_objects_v2(Bucket=versioned)["KeyCount"] == 0
    # Without its marker the object is there again.
    back = s3.delete_object(Bucket=versioned, Key="k", VersionId=gone["VersionId"])
    assert back["DeleteMarker"] and back["VersionId"] == gone["VersionId"]
    assert read(s3, versioned, "k") == b"2"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[1])
    assert read(s3, versioned, "k") == b"1"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[0])
    assert versions(s3, versioned) == []
    with refused("NoSuchVersion", 404):
        missing = ids[0]
        s3.put_object(Bucket=versioned, Key="k")
        read(s3, versioned, "k", missing)


def test_the_null_version_is_replaced_while_suspended(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    enabled = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=enabled)
    kept = s3.put_object(Bucket=bucket, Key="k", Body=b"kept")["VersionId"]
    assert read(s3, bucket, "k", "null") == b"before"
    suspended = {"Status": "Suspended"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=suspended)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    s3.put_object(Bucket=bucket, Key="k", Body=b"after")
    assert sorted(v[1] for v in versions(s3, bucket)) == sorted([kept, "null"])
    assert read(s3, bucket, "k", "null") == b"after"
    s3.delete_object(Bucket=bucket, Key="k")
    found = versions(s3, bucket)
    assert ("k", "null", True, True) in found and len(found) == 2
    assert read(s3, bucket, "k", kept) == b"kept"
    s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
    assert read(s3, bucket, "k") == b"kept"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=kept)
    assert versions(s3, bucket) == []


def test_all_versions_by_pages(s3: Any, versioned: str) -> None:
    made = []
    for key in ("a", "b/1", "b/2", "c"):
        for _ in range(4):
            made.append((key, s3.put_object(Bucket=versioned, Key=key)["VersionId"]))
        made.append((key, s3.delete_object(Bucket=versioned, Key=key)["VersionId"]))
    for size in (1, 3, 5, 100):
        pages = s3.get_paginator("list_object_versions").paginate(
            Bucket=versioned, PaginationConfig={"PageSize": size}
        )
        found, latest = [], []
        for page in pages:
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                found.append((each["Key"], each["VersionId"]))
                if each["IsLatest"]:
                    latest.append(each["Key"])
        assert sorted(found) == sorted(made), size
        assert sorted(latest) == ["a", "b/1", "b/2", "c"]
    shut = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [p["Prefix"] for p in shut["CommonPrefixes"]] == ["b/"]


def test_deleting_many_leaves_markers_and_takes_versions(s3: Any, versioned: str) -> None:
    version = s3.put_object(Bucket=versioned, Key="k")["VersionId"]
    done = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "k"}]})["Deleted"][0]
    assert done["DeleteMarker"]
    both = [
        {"Key": "k", "VersionId": version},
        {"Key": "k", "VersionId": done["DeleteMarkerVersionId"]},
    ]
    s3.delete_objects(Bucket=versioned, Delete={"Objects": both})
    assert versions(s3, versioned) == []


def test_copies_of_a_version(s3: Any, versioned: str) -> None:
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"2")
    source = {"Bucket": versioned, "Key": "k", "VersionId": first}
    copied = s3.copy_object(Bucket=versioned, Key="k", CopySource=source)
    assert copied["CopySourceVersionId"] == first
    assert read(s3, versioned, "k") == b"1"


def test_a_marker_is_no_source_of_a_copy(s3: Any, versioned: str, refused: Any) -> None:
    s3.put_object(Bucket=versioned, Key="k")
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    with refused("InvalidRequest", 400) as error:
        s3.copy_object(Bucket=versioned, Key="c", CopySource=f"{versioned}/k?versionId={marker}")
    assert "may not specifically refer to a delete marker" in error.message
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=versioned, Key="c", CopySource=f"{versioned}/k")


def test_versions_that_never_were_are_told_one_by_one(s3: Any, versioned: str) -> None:
    answer = s3.delete_objects(
        Bucket=versioned, Delete={"Objects": [{"Key": "k", "VersionId": "never"}]}
    )
    assert answer["Errors"][0]["Code"] == "NoSuchVersion"
