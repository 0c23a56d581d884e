"""Access control lists: of buckets that allow them, kept and heeded; of others, what is so anyway.

Buckets are made with them disabled ("bucket owner enforced"). Source: S3 user guide, "Access
control list (ACL) overview" and "Controlling ownership of objects and disabling ACLs". Groups are
heeded; grants to other accounts are kept, but let nobody in: canonical ids here belong to no other
account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from jedlik.services.s3.errors import (
    S3Error,
    access_denied,
    acl_not_supported,
    invalid_argument,
    invalid_request,
)
from jedlik.services.s3.listing import owner
from jedlik.services.s3.records import Bucket, Grants
from jedlik.services.s3.store import Store

NAME = "acl"
OWNERSHIP = "ownership"
PUBLIC_ACCESS = "public-access"
ENFORCED = "BucketOwnerEnforced"
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
CANNED: dict[str, tuple[tuple[str, str], ...]] = {  # name: what groups get beside the owner
    "private": (),
    "public-read": ((ALL, "READ"),),
    "public-read-write": ((ALL, "READ"), (ALL, "WRITE")),
    "authenticated-read": ((AUTHENTICATED, "READ"),),
    "aws-exec-read": (),
    "bucket-owner-read": (),
    "bucket-owner-full-control": (),
    "log-delivery-write": ((LOGS, "WRITE"), (LOGS, "READ_ACP")),
}
HEADERS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantReadACP": "READ_ACP",
    "GrantWrite": "WRITE",
    "GrantWriteACP": "WRITE_ACP",
}
_GRANTEE = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*"?([^",]+)"?\s*', re.I)
_ALLOWS = {  # (of an object?, permission): actions
    (False, "READ"): ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    (False, "WRITE"): ("s3:PutObject", "s3:DeleteObject"),
    (False, "READ_ACP"): ("s3:GetBucketAcl",),
    (False, "WRITE_ACP"): ("s3:PutBucketAcl",),
    (True, "READ"): ("s3:GetObject", "s3:GetObjectVersion"),
    (True, "READ_ACP"): ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    (True, "WRITE_ACP"): ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
}


async def are_enabled(store: Store, bucket: Bucket) -> bool:
    found = await store.configuration(bucket, OWNERSHIP)
    if found is None:
        return False
    return all(rule.get("ObjectOwnership") != ENFORCED for rule in found.get("Rules", ()))


def described(account: str, grants: Grants | None) -> dict[str, Any]:
    """The answer of GetBucketAcl and GetObjectAcl. grants: None for the owner's alone."""
    return {"Owner": owner(account), "Grants": grants or owners_grants(account)}


def owners_grants(account: str) -> Grants:
    return [_grant({"Type": "CanonicalUser", **owner(account)}, "FULL_CONTROL")]


async def wanted(store: Store, bucket: Bucket, req: Mapping[str, Any]) -> Grants | None:
    """The list that a request asks for, None if it asks for none. Raises S3Error."""
    headers = {name: req[name] for name in HEADERS if req.get(name) is not None}
    canned, document = req.get("ACL"), req.get("AccessControlPolicy")
    if canned is None and not headers and document is None:
        return None
    if not await are_enabled(store, bucket):
        _check_disabled(req, bucket.account)
        return None
    if canned is not None and headers:
        raise invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    if document is not None:
        grants = _checked(document, bucket.account)
    elif canned is not None:
        if canned not in CANNED:
            raise invalid_argument("", "x-amz-acl", canned)
        groups = (_grant({"Type": "Group", "URI": uri}, may) for uri, may in CANNED[canned])
        grants = [*owners_grants(bucket.account), *groups]
    else:
        grants = [each for name, text in headers.items() for each in _header(text, HEADERS[name])]
    if is_public(grants) and (await blocked(store, bucket)).get("BlockPublicAcls"):
        raise access_denied()
    return grants


async def changed(store: Store, bucket: Bucket, req: Mapping[str, Any]) -> Grants | None:
    """The same for PutBucketAcl and PutObjectAcl, which have to ask for one."""
    names = ("ACL", "AccessControlPolicy", *HEADERS)
    if all(req.get(name) is None for name in names):
        if not await are_enabled(store, bucket):
            raise acl_not_supported()
        raise S3Error(
            "MissingSecurityHeader",
            "Your request was missing a required header",
            MissingHeaderName="x-amz-acl",
        )
    return await wanted(store, bucket, req)


def is_public(grants: Sequence[Mapping[str, Any]]) -> bool:
    return any(grant["Grantee"].get("URI") in (ALL, AUTHENTICATED) for grant in grants)


async def blocked(store: Store, bucket: Bucket) -> Mapping[str, bool]:
    """What is blocked of a bucket; everything, of one that nobody has opened."""
    found = await store.configuration(bucket, PUBLIC_ACCESS)
    if found is None:
        return {"BlockPublicAcls": True, "IgnorePublicAcls": True}
    return found.get("blocked") or {}


async def as_policies(
    store: Store, bucket: Bucket, action: str, key: str, *, signed: bool
) -> dict[str, str]:
    """What lists let strangers do, as policies. signed: the caller is somebody."""
    if not await are_enabled(store, bucket):
        return {}
    if (await blocked(store, bucket)).get("IgnorePublicAcls"):
        return {}
    found = _policy(await store.configuration(bucket, NAME) or [], action, signed, of_object=False)
    if not found and key:
        version = await store.current(bucket, key)
        if version is not None and version.grants:
            found = _policy(version.grants, action, signed, of_object=True)
    return {"access control list": found} if found else {}


def _policy(grants: Grants, action: str, signed: bool, *, of_object: bool) -> str:
    groups = (ALL, AUTHENTICATED) if signed else (ALL,)
    for grant in grants:
        if grant["Grantee"].get("URI") not in groups:
            continue
        may = grant["Permission"]
        for kind in HEADERS.values() if may == "FULL_CONTROL" else (may,):
            if action in _ALLOWS.get((of_object, kind), ()):
                statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
                return orjson.dumps({"Version": "2012-10-17", "Statement": [statement]}).decode()
    return ""


def _grant(grantee: dict[str, Any], permission: str) -> dict[str, Any]:
    return {"Grantee": grantee, "Permission": permission}


def _header(text: str, permission: str) -> Grants:
    grants = []
    for each in text.split(","):
        found = _GRANTEE.fullmatch(each)
        if found is None or found[1].lower() == "emailaddress":
            raise invalid_argument("Argument format not recognized", "x-amz-grant", each)
        if found[1].lower() == "uri":
            grants.append(_grant({"Type": "Group", "URI": _group(found[2])}, permission))
        else:
            grants.append(_grant({"Type": "CanonicalUser", "ID": _user(found[2])}, permission))
    return grants


def _checked(document: Mapping[str, Any], account: str) -> Grants:
    if (document.get("Owner") or {}).get("ID") != owner(account)["ID"]:
        raise access_denied()
    grants = document.get("Grants") or []
    for grant in grants:
        grantee = grant.get("Grantee") or {}
        if grant.get("Permission") is None:
            raise malformed()
        if grantee.get("Type") == "Group":
            _group(grantee.get("URI") or "")
        elif grantee.get("Type") == "CanonicalUser":
            _user(grantee.get("ID") or "")
        else:
            raise malformed()
    return list(grants)


def _group(uri: str) -> str:
    if uri not in (ALL, AUTHENTICATED, LOGS):
        raise invalid_argument("Invalid group uri", "uri", uri)
    return uri


def _user(id_: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", id_):
        raise invalid_argument("Invalid id", "CanonicalUser/ID", id_)
    return id_


def malformed() -> S3Error:
    return S3Error(
        "MalformedACLError",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def _check_disabled(req: Mapping[str, Any], account: str) -> None:
    """Raises AccessControlListNotSupported for anything but what is so anyway: full control of the
    owner, as a canned list or written out.

    Unverified: that "private" is accepted.
    """
    if req.get("ACL") not in (None, "private", "bucket-owner-full-control"):
        raise acl_not_supported()
    if any(req.get(name) is not None for name in HEADERS):
        raise acl_not_supported()
    mine = owner(account)["ID"]
    for grant in (req.get("AccessControlPolicy") or {}).get("Grants") or ():
        whom = (grant.get("Grantee") or {}).get("ID")
        if whom != mine or grant.get("Permission") != "FULL_CONTROL":
            raise acl_not_supported()
