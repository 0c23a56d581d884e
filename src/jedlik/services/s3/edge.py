"""S3 at the edge of HTTP: what browsers of other sites may do, and digests of documents.

Handed to `wire`, which knows requests and no buckets.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.services.s3 import checksums, configurations
from jedlik.services.s3.access import asks_to_list
from jedlik.services.s3.errors import (
    bad_checksum,
    bad_digest,
    invalid_checksum,
    invalid_digest,
    no_configuration,
)
from jedlik.services.s3.store import Store


class Edge:
    """Holds nothing."""

    async def cors(
        self, db: Any, bucket: str, method: str, origin: str, headers: str | None
    ) -> dict[str, str] | None:
        """Header lines by the first rule that fits; none if none does, None if there are no rules.

        headers: those that a preflight asks for; None for the request itself.
        """
        store = Store(db)
        found = await store.find_bucket(bucket)
        if found is None:
            return None
        stored = await store.configuration(found, configurations.CORS.name)
        asked = [name.strip().lower() for name in (headers or "").split(",") if name.strip()]
        if not stored:
            return None
        for rule in stored.get("CORSRules", ()):
            allowed = next((o for o in rule["AllowedOrigins"] if _fits(o, origin)), None)
            if allowed is None or method not in rule["AllowedMethods"]:
                continue
            patterns = [name.lower() for name in rule.get("AllowedHeaders", ())]
            if not all(any(_fits(p, name) for p in patterns) for name in asked):
                continue
            return _lines(rule, allowed, origin, asked, preflight=headers is not None)
        return {}

    async def website(self, db: Any, bucket: str) -> Mapping[str, Any]:
        store = Store(db)
        found = await store.bucket(bucket)
        stored = await store.configuration(found, configurations.WEBSITE.name)
        if not stored:
            assert configurations.WEBSITE.missing is not None
            raise no_configuration(*configurations.WEBSITE.missing, bucket)
        website: Mapping[str, Any] = stored
        return website

    async def region(self, db: Any, bucket: str) -> str | None:
        found = await Store(db).find_bucket(bucket)
        return None if found is None else found.region

    async def asks_to_list(self, ctx: Context, bucket: str) -> Sequence[Ask]:
        return await asks_to_list(ctx, bucket)

    def check_md5(self, sent: str, calculated: bytes) -> ApiError | None:
        """What is wrong with a Content-MD5."""
        if not checksums.is_value("MD5", sent):
            return invalid_digest(sent)
        if b64decode(sent) != calculated:
            return bad_digest(sent, checksums.text(calculated))
        return None

    def check_checksums(
        self, document: bytes, headers: Mapping[str, str], trailers: Mapping[str, str]
    ) -> None:
        """Compare the checksums that came with a document. Raises S3Error."""
        for name in checksums.ALGORITHMS:
            header = f"x-amz-checksum-{name.lower()}"
            sent = headers.get(header) or trailers.get(header)
            if sent is None:
                continue
            if not checksums.is_value(name, sent):
                raise invalid_checksum(header)
            running = checksums.running(name)
            running.update(document)
            if checksums.text(running.digest()) != sent:
                raise bad_checksum(name)


def _fits(pattern: str, text: str) -> bool:
    """A pattern with one wildcard at most."""
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return (
        len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)
    )


def _lines(
    rule: Mapping[str, Any], allowed: str, origin: str, asked: list[str], *, preflight: bool
) -> dict[str, str]:
    everybody = allowed == "*"
    lines = {
        "Access-Control-Allow-Origin": "*" if everybody else origin,
        "Access-Control-Allow-Methods": ", ".join(rule["AllowedMethods"]),
    }
    if asked:
        lines["Access-Control-Allow-Headers"] = ", ".join(asked)
    if rule.get("ExposeHeaders"):
        lines["Access-Control-Expose-Headers"] = ", ".join(rule["ExposeHeaders"])
    if preflight and rule.get("MaxAgeSeconds") is not None:
        lines["Access-Control-Max-Age"] = str(rule["MaxAgeSeconds"])
    if not everybody:
        lines["Access-Control-Allow-Credentials"] = "true"
    lines["Vary"] = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
    return lines
