"""What S3's operations ask permission for, and the bucket that a request is about.

A bucket belongs to the account that made it; others, and requests that nobody signed, get in by the
bucket's policy alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson

from jedlik.api.access import Ask, Given
from jedlik.api.context import Context
from jedlik.api.rest import RestContext
from jedlik.services.s3 import acls
from jedlik.services.s3.errors import (
    access_denied,
    invalid_bucket_name,
    invalid_owner,
    invalid_request,
    key_too_long,
    no_such_bucket,
    permanent_redirect,
    wrong_region,
)
from jedlik.services.s3.limits import KEY_BYTES_MAX
from jedlik.services.s3.records import Bucket
from jedlik.services.s3.store import Store

ACCOUNT = re.compile(r"\d{12}")
NAME = re.compile(r"[A-Za-z0-9._-]{3,255}")  # what buckets could be called long ago
WITH_PUT = (  # what a write needs beside its own action
    ("Tagging", "s3:PutObjectTagging"),
    ("ACL", "s3:PutObjectAcl"),
    ("ObjectLockMode", "s3:PutObjectRetention"),
    ("ObjectLockLegalHoldStatus", "s3:PutObjectLegalHold"),
)
EXISTING = "s3:existingobjecttag/"
OLD_REGION = "us-east-1"
OLD_NAMES = ("US", "")  # of that region, which some clients still sign for
Tags = dict[str, str | Sequence[str]]
POLICY = "policy"
BYPASS = "s3:BypassGovernanceRetention"
PUBLIC_ACCESS = "public-access"
ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
"""What a new bucket has (user guide, "Default settings for new S3 buckets FAQ")."""


class Asks:
    """Asks for one action on the bucket, or on its object, of a request."""

    def __init__(self, action: str, *, versioned: str = "", on_object: bool = False) -> None:
        """versioned: the action where the request names a version."""
        self._action = action
        self._versioned = versioned or action
        self._on_object = on_object

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask] | None:
        return None

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        action = self._versioned if req.get("VersionId") else self._action
        key = req["Key"] if self._on_object else ""
        asks = await asked(ctx, req, action, req["Bucket"], key)
        if action == "s3:PutObject":
            for member, also in WITH_PUT:
                if req.get(member) is not None:
                    asks = [*asks, *await asked(ctx, req, also, req["Bucket"], key)]
        if req.get("BypassGovernanceRetention"):
            asks = [*asks, *await asked(ctx, req, BYPASS, req["Bucket"], key)]
        return asks


class CopyAsks(Asks):
    """Asks for the target, and for what is copied."""

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        from jedlik.services.s3.copy_sources import parse_source

        source = parse_source(req["CopySource"])
        action = "s3:GetObjectVersion" if source.version else "s3:GetObject"
        return [
            *await super().asks_after_reading(ctx, req),
            *await asked(ctx, req, action, source.bucket, source.key),
        ]


class DeleteAsks:
    """Asks for each of many objects; the answer tells of each by itself."""

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask] | None:
        return None

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        found: list[Ask] = []
        for place, each in enumerate(req["Delete"]["Objects"]):
            action = "s3:DeleteObjectVersion" if each.get("VersionId") else "s3:DeleteObject"
            actions = (action, BYPASS) if req.get("BypassGovernanceRetention") else (action,)
            for each_action in actions:
                for ask in await asked(ctx, req, each_action, req["Bucket"], each["Key"]):
                    found.append(ask._replace(member=place))
        return found


class AsksForAll:
    """Asks for an action on no particular bucket."""

    def __init__(self, action: str, *, names_bucket: bool = False) -> None:
        self._action = action
        self._names_bucket = names_bucket

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        arn = f"arn:aws:s3:::{req['Bucket']}" if self._names_bucket else "*"
        return (Ask(self._action, arn, owner=ctx.account),)

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        return self.asks(ctx, req)


async def asked(
    ctx: Context, req: dict[str, Any], action: str, name: str, key: str = ""
) -> Sequence[Ask]:
    """Nothing for a bucket that is not there: the operation then says so."""
    store = Store.of(ctx)
    bucket = await store.find_bucket(name)
    if bucket is None:
        return ()
    policies = {}
    text = await store.configuration(bucket, POLICY)
    if text is not None and not await _is_restricted(ctx, store, bucket, text):
        policies = {"bucket policy": text}
    if ctx.account != bucket.account:
        signed = getattr(ctx, "identified", True)
        policies |= await acls.as_policies(store, bucket, action, key, signed=signed)
    keys = _condition_keys(req)
    if key and text is not None and EXISTING in text.lower():
        keys |= await _existing_tags(store, bucket, key, req.get("VersionId"))
    arn = f"{bucket.arn}/{key}" if key else bucket.arn
    return (
        Ask(
            action,
            arn,
            Given(keys),
            policies,
            stamp=object() if policies else None,
            owner=bucket.account,
        ),
    )


def on_bucket(action: str) -> Asks:
    return Asks(action)


def on_object(action: str, versioned: str = "") -> Asks:
    return Asks(action, versioned=versioned, on_object=True)


async def bucket_of(
    ctx: Context, req: dict[str, Any], *, signed_for_any_region: bool = False
) -> Bucket:
    """The bucket that a request names, if the caller may use it. Raises S3Error.

    Every region is at this address, so that AWS's endpoint of a region is here the region that was
    signed for, and a redirect says which that should be.
    """
    bucket = await usable_bucket(ctx, req["Bucket"], req.get("ExpectedBucketOwner"))
    if isinstance(ctx, RestContext) and ctx.signed_for and not signed_for_any_region:
        signed = OLD_REGION if ctx.signed_for in OLD_NAMES else ctx.signed_for
        if signed != bucket.region:
            if ctx.hosted:
                # The name led to the right region, where the signature is wrong.
                raise wrong_region(ctx.signed_for, bucket.region, presigned=ctx.presigned)
            raise permanent_redirect(bucket.name, bucket.region, ctx.host)
    return bucket


async def usable_bucket(ctx: Context, name: str, expected_owner: str | None = None) -> Bucket:
    bucket = await Store.of(ctx).find_bucket(name)
    if bucket is None:
        raise (no_such_bucket if NAME.fullmatch(name) else invalid_bucket_name)(name)
    if bucket.account != ctx.account and bucket.account not in ctx.granted:
        raise access_denied()
    if expected_owner is not None and expected_owner != bucket.account:
        raise access_denied() if ACCOUNT.fullmatch(expected_owner) else invalid_owner()
    return bucket


def check_key(key: str) -> str:
    """The key, if it can be one. Raises S3Error."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise invalid_request("Couldn't parse the specified URI.") from None
    if size > KEY_BYTES_MAX:
        raise key_too_long(size, KEY_BYTES_MAX)
    return key


def is_public(policy: str) -> bool:
    """Whether a policy lets everybody in, on no condition."""
    statements = orjson.loads(policy).get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        named = principal.get("AWS") if isinstance(principal, dict) else principal
        everybody = named == "*" or (isinstance(named, list) and "*" in named)
        if statement.get("Effect") == "Allow" and everybody and not statement.get("Condition"):
            return True
    return False


async def public_access(store: Store, bucket: Bucket) -> dict[str, bool]:
    """What is blocked of a bucket."""
    found = await store.configuration(bucket, PUBLIC_ACCESS)
    return ALL_BLOCKED if found is None else found.get("blocked") or {}


async def _is_restricted(ctx: Context, store: Store, bucket: Bucket, policy: str) -> bool:
    """Whether the policy, being public, does not count for this caller."""
    if ctx.account == bucket.account or not is_public(policy):
        return False
    return bool((await public_access(store, bucket)).get("RestrictPublicBuckets"))


async def asks_to_list(ctx: Context, name: str) -> Sequence[Ask]:
    """Who may not list a bucket is not told either that a key is not in it."""
    return await asked(ctx, {}, "s3:ListBucket", name)


async def _existing_tags(store: Store, bucket: Bucket, key: str, version: str | None) -> Tags:
    found = await (
        store.current(bucket, key) if version is None else store.version(bucket, key, version)
    )
    return {f"s3:ExistingObjectTag/{k}": v for k, v in found.tags.items()} if found else {}


def _requested_tags(req: dict[str, Any]) -> Tags:
    """Of a header, or of a document that sets tags."""
    sent = req.get("Tagging")
    if isinstance(sent, str):
        pairs = parse_qsl(sent, keep_blank_values=True)
    else:
        pairs = [(tag["Key"], tag["Value"]) for tag in (sent or {}).get("TagSet") or ()]
    if not pairs:
        return {}
    tags: Tags = {f"s3:RequestObjectTag/{key}": value for key, value in pairs}
    return tags | {"s3:RequestObjectTagKeys": [key for key, _ in pairs]}


def _condition_keys(req: dict[str, Any]) -> Tags:
    found: Tags = _requested_tags(req)
    for member, key in (
        ("Prefix", "s3:prefix"),
        ("Delimiter", "s3:delimiter"),
        ("MaxKeys", "s3:max-keys"),
        ("VersionId", "s3:VersionId"),
        ("ACL", "s3:x-amz-acl"),
        ("ServerSideEncryption", "s3:x-amz-server-side-encryption"),
        ("StorageClass", "s3:x-amz-storage-class"),
        ("CopySource", "s3:x-amz-copy-source"),
        ("MetadataDirective", "s3:x-amz-metadata-directive"),
        ("IfMatch", "s3:if-match"),
        ("IfNoneMatch", "s3:if-none-match"),
        ("SSEKMSKeyId", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
        ("SSECustomerAlgorithm", "s3:x-amz-server-side-encryption-customer-algorithm"),
        ("WebsiteRedirectLocation", "s3:x-amz-website-redirect-location"),
        ("GrantRead", "s3:x-amz-grant-read"),
        ("GrantWrite", "s3:x-amz-grant-write"),
        ("GrantReadACP", "s3:x-amz-grant-read-acp"),
        ("GrantWriteACP", "s3:x-amz-grant-write-acp"),
        ("GrantFullControl", "s3:x-amz-grant-full-control"),
        ("ObjectLockMode", "s3:object-lock-mode"),
        ("ObjectLockLegalHoldStatus", "s3:object-lock-legal-hold"),
    ):
        if req.get(member) is not None:
            found[key] = str(req[member])
    return found
