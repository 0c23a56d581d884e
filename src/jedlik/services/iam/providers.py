"""Identity providers: checks of what is told about them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from jedlik.api.errors import validation
from jedlik.services.iam import limits
from jedlik.services.iam.errors import invalid_input, quota

_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"


def checked_url(url: str) -> tuple[str, str]:
    """Scheme, and what follows it. https, or http on loopback, where tests have their providers."""
    parts = urlsplit(url)
    loopback = parts.scheme == "http" and _is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or loopback):
        raise validation("Invalid Open ID Connect Provider URL")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise validation("Invalid Open ID Connect Provider URL")
    return parts.scheme, url.partition("://")[2]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def checked_client_ids(given: Iterable[str]) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(given))
    if len(ids) > limits.CLIENT_IDS_PER_PROVIDER:
        raise quota("ClientIdsPerOpenIdConnectProvider", limits.CLIENT_IDS_PER_PROVIDER)
    return ids


def checked_thumbprints(given: Iterable[str]) -> tuple[str, ...]:
    found = tuple(given)
    if len(found) > limits.THUMBPRINTS_PER_PROVIDER:
        raise invalid_input("Thumbprint list must contain fewer than 5 entries.")
    for each in found:
        if not _THUMBPRINT.fullmatch(each):
            raise validation("Invalid thumbprint: must be 40 hexadecimal digits.")  # unverified
    return tuple(each.lower() for each in found)


def checked_metadata(document: str) -> str:
    """A SAML metadata document of an identity provider."""
    if "<!DOCTYPE" in document or "<!ENTITY" in document:
        raise invalid_input("Could not parse metadata")  # unverified
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError:
        raise invalid_input("Could not parse metadata") from None
    if (
        root.tag != f"{_METADATA}EntityDescriptor"
        or root.find(f"{_METADATA}IDPSSODescriptor") is None
    ):
        raise invalid_input("Could not parse metadata")
    return document


def valid_until(metadata: str) -> float | None:
    """When a metadata document says that it ends; epoch seconds."""
    text = ElementTree.fromstring(metadata).get("validUntil")
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if found is None:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
