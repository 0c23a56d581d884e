"""Access control lists, where a bucket allows them; and who then gets in."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest

ALL = "http://acs.amazonaws.com/groups/global/AllUsers"


@pytest.fixture
def open_bucket(s3: Any, bucket: str, target: str) -> str:
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.delete_public_access_block(Bucket=bucket)
    return bucket


def status_of(s3: Any, path: str) -> int:
    """What somebody gets who signs nothing."""
    try:
        with urllib.request.urlopen(f"{s3.meta.endpoint_url}/{path}", timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def grants_of(answer: dict[str, Any]) -> set[tuple[str | None, str]]:
    return {(grant["Grantee"].get("URI"), grant["Permission"]) for grant in answer["Grants"]}


def test_an_object_that_all_may_read(s3: Any, open_bucket: str) -> None:
    s3.put_object(Bucket=open_bucket, Key="k", Body=b"x", ACL="public-read")
    s3.put_object(Bucket=open_bucket, Key="mine", Body=b"x")
    found = s3.get_object_acl(Bucket=open_bucket, Key="k")
    assert grants_of(found) == {(None, "FULL_CONTROL"), (ALL, "READ")}
    assert status_of(s3, f"{open_bucket}/k") == 200
    assert status_of(s3, f"{open_bucket}/mine") == 403
    assert status_of(s3, open_bucket) == 403
    s3.put_object_acl(Bucket=open_bucket, Key="k", ACL="private")
    assert status_of(s3, f"{open_bucket}/k") == 403
    blocked = {"IgnorePublicAcls": True}
    s3.put_object_acl(Bucket=open_bucket, Key="k", GrantRead=f'uri="{ALL}"')
    assert status_of(s3, f"{open_bucket}/k") == 200
    s3.put_public_access_block(Bucket=open_bucket, PublicAccessBlockConfiguration=blocked)
    assert status_of(s3, f"{open_bucket}/k") == 403


def test_a_bucket_that_all_may_list(s3: Any, open_bucket: str, refused: Any) -> None:
    assert grants_of(s3.get_bucket_acl(Bucket=open_bucket)) == {(None, "FULL_CONTROL")}
    s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read")
    assert status_of(s3, open_bucket) == 200
    mine = s3.get_bucket_acl(Bucket=open_bucket)
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        s3.put_bucket_ownership_controls(
            Bucket=open_bucket,
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        )
    policy = {"Owner": mine["Owner"], "Grants": mine["Grants"][:1]}
    s3.put_bucket_acl(Bucket=open_bucket, AccessControlPolicy=policy)
    assert s3.get_bucket_acl(Bucket=open_bucket)["Grants"] == mine["Grants"][:1]
    assert status_of(s3, open_bucket) == 403


def test_lists_that_are_refused(s3: Any, open_bucket: str, refused: Any) -> None:
    with refused("InvalidArgument", 400):
        s3.put_bucket_acl(Bucket=open_bucket, ACL="everybody")
    with refused("InvalidRequest", 400):
        s3.put_bucket_acl(Bucket=open_bucket, ACL="private", GrantRead=f'uri="{ALL}"')
    with refused("InvalidArgument", 400) as error:
        s3.put_bucket_acl(Bucket=open_bucket, GrantRead='uri="http://example.com/nobody"')
    assert error.message == "Invalid group uri"
    with refused("InvalidArgument", 400):
        s3.put_bucket_acl(Bucket=open_bucket, GrantRead='id="somebody"')
    with refused("MissingSecurityHeader", 400):
        s3.put_bucket_acl(Bucket=open_bucket)
    s3.put_public_access_block(
        Bucket=open_bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=open_bucket, Key="k", ACL="public-read")


def test_a_new_bucket_has_no_list(s3: Any, bucket: str, refused: Any) -> None:
    name = f"{bucket[:50]}-new"
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        s3.create_bucket(Bucket=name, ACL="public-read")
    with refused("InvalidBucketAclWithBlockPublicAccessError", 400):
        s3.create_bucket(Bucket=name, ACL="public-read", ObjectOwnership="ObjectWriter")
    s3.create_bucket(Bucket=name, ACL="private", ObjectOwnership="BucketOwnerPreferred")
    found = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]
    assert found == {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.delete_bucket(Bucket=name)
