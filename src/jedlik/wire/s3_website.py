"""Websites of buckets: index and error documents, redirects; pages instead of XML.

A website's host is `<bucket>.s3-website.…` or `<bucket>.s3-website-<region>.…`. Whoever reads one
signs nothing, so the bucket's policy (or lists) must let everybody in. Source: S3 user guide,
"Hosting a static website using Amazon S3".
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from jedlik.api.errors import ApiError
from jedlik.net import Reply

from . import xml

HOST = re.compile(r"(.+?)\.s3-website[.-].*", re.I)
_REDIRECT = re.compile(r"(?mi)^x-amz-website-redirect-location: (.*)\r$")

Fetch = Callable[[str], Awaitable[Reply]]
"""The answer to GetObject (or HEAD) of a key, asked by nobody. Raises ApiError."""


async def page(config: Mapping[str, Any], key: str, host: str, fetch: Fetch) -> Reply:
    """The answer for a path below the host. Raises ApiError where there is no page at all."""
    everything = config.get("RedirectAllRequestsTo")
    if everything:
        target = f"{everything.get('Protocol') or 'http'}://{everything['HostName']}/"
        return _moved(301, target + xml.quoted(key))
    rules = config.get("RoutingRules") or ()
    for rule in rules:
        if "HttpErrorCodeReturnedEquals" not in (rule.get("Condition") or {}):
            if _fits(rule, key):
                return _routed(rule, key, host)
    suffix = config["IndexDocument"]["Suffix"]
    wanted = key + suffix if not key or key.endswith("/") else key
    try:
        found = await fetch(wanted)
    except ApiError as refusal:
        return await _without(config, key, host, fetch, refusal)
    redirect = _REDIRECT.search(found.lines)
    if redirect:
        await _closed(found)
        return _moved(301, redirect[1])
    return found


async def _without(
    config: Mapping[str, Any], key: str, host: str, fetch: Fetch, refusal: ApiError
) -> Reply:
    """What is answered where the object cannot be: a folder's slash, a rule, the error document."""
    if refusal.status == 404 and key and not key.endswith("/"):
        try:
            index = await fetch(f"{key}/{config['IndexDocument']['Suffix']}")
        except ApiError:
            pass
        else:
            await _closed(index)
            return _moved(302, f"/{xml.quoted(key)}/")
    for rule in config.get("RoutingRules") or ():
        code = (rule.get("Condition") or {}).get("HttpErrorCodeReturnedEquals")
        if code == str(refusal.status) and _fits(rule, key):
            return _routed(rule, key, host)
    document = (config.get("ErrorDocument") or {}).get("Key")
    if document is None:
        raise refusal
    try:
        found = await fetch(document)
    except ApiError:
        raise refusal from None
    found.status = refusal.status
    return found


def error_page(refusal: ApiError, request_id: str, host_id: str) -> bytes:
    title = f"{refusal.status} {HTTPStatus(refusal.status).phrase}"
    told = {
        "Code": refusal.code,
        "Message": refusal.message or "",
        **refusal.fields,
        "RequestId": request_id,
        "HostId": host_id,
    }
    items = "".join(f"<li>{name}: {escape(str(text))}</li>\n" for name, text in told.items())
    return (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n{items}"
        "</ul>\n<hr/>\n</body>\n</html>\n"
    ).encode()


def _fits(rule: Mapping[str, Any], key: str) -> bool:
    return key.startswith((rule.get("Condition") or {}).get("KeyPrefixEquals") or "")


def _routed(rule: Mapping[str, Any], key: str, host: str) -> Reply:
    redirect = rule["Redirect"]
    prefix = (rule.get("Condition") or {}).get("KeyPrefixEquals") or ""
    if redirect.get("ReplaceKeyWith") is not None:
        key = redirect["ReplaceKeyWith"]
    elif redirect.get("ReplaceKeyPrefixWith") is not None:
        key = redirect["ReplaceKeyPrefixWith"] + key[len(prefix) :]
    where = f"{redirect.get('Protocol') or 'http'}://{redirect.get('HostName') or host}/"
    return _moved(int(redirect.get("HttpRedirectCode") or 301), where + xml.quoted(key))


def _moved(status: int, target: str) -> Reply:
    safe = target.replace("\r", "").replace("\n", "")
    return Reply(status, f"Location: {safe}\r\n")


async def _closed(reply: Reply) -> None:
    """Drop a body that is not sent."""
    close = getattr(getattr(reply, "source", None), "aclose", None)
    if close is not None:
        await close()
