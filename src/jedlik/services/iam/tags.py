"""Tags of users, roles, policies, profiles and providers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jedlik.services.iam.errors import invalid_input, limit
from jedlik.services.iam.limits import TAGS
from jedlik.services.iam.pages import page

Told = list[dict[str, str]]


def given(tags: Iterable[dict[str, str]] | None) -> dict[str, str]:
    """The tags of a request. Raises InvalidInput."""
    return with_tags({}, tags or ())


def with_tags(tags: Mapping[str, str], more: Iterable[dict[str, str]]) -> dict[str, str]:
    """The tags with those of a request among them; keys are told apart without case."""
    new: dict[str, str] = {}
    for tag in more:
        if tag["Key"].lower() in map(str.lower, new):
            raise invalid_input(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive."
            )
        if tag["Key"].lower().startswith("aws:"):
            raise invalid_input("Tag keys must not begin with aws:")  # unverified
        new[tag["Key"]] = tag["Value"]
    hidden = {key.lower() for key in new}
    merged = {**{k: v for k, v in tags.items() if k.lower() not in hidden}, **new}
    if len(merged) > TAGS:
        raise limit(f"The number of tags has reached the maximum limit of {TAGS}.")  # unverified
    return merged


def without(tags: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """Keys that are not there are no mistake."""
    gone = {key.lower() for key in keys}
    return {key: value for key, value in tags.items() if key.lower() not in gone}


def told(tags: Mapping[str, str]) -> Told:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_page(req: dict[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """The answer of a List…Tags operation."""
    part, more = page(req, sorted(tags.items()), key=lambda tag: tag[0])
    return {"Tags": told(dict(part)), **more}
