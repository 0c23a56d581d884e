"""Names that a request gives to new things, and the ARNs it asks about."""

from __future__ import annotations

import re
from typing import Any

from jedlik.api.context import Context
from jedlik.services.dax.errors import Tags, invalid_value
from jedlik.services.dax.limits import CLUSTER_NAME_LENGTH_MAX

IDENTIFIER = re.compile(r"[A-Za-z](-?[A-Za-z0-9])*")
GROUP_NAME_LENGTH_MAX = 255
ARN = re.compile(r"arn:aws:dax:([a-z0-9-]+):(\d{12}):cache/([^/]+)")

INVALID_CLUSTER_NAME = (
    "Cluster ID specified is not a valid identifier. Identifiers must begin with a letter; must "
    "contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain "
    "two consecutive hyphens."
)
"""The words that moto answers, which took them from AWS."""


def new_cluster_name(name: str) -> str:
    """The name as it is stored: in lower case. Raises InvalidParameterValueException."""
    if len(name) > CLUSTER_NAME_LENGTH_MAX or not IDENTIFIER.fullmatch(name):
        raise invalid_value(INVALID_CLUSTER_NAME)
    return name.lower()


def new_group_name(name: str, what: str) -> str:
    """The name of a new group, in lower case. what: "parameter group". Unverified text."""
    if len(name) > GROUP_NAME_LENGTH_MAX or not IDENTIFIER.fullmatch(name):
        raise invalid_value(
            f"The {what} name {name} is not a valid identifier. Identifiers must begin with a "
            "letter; must contain only ASCII letters, digits, and hyphens; and must not end with "
            "a hyphen or contain two consecutive hyphens."
        )
    return name.lower()


def checked_arn(arn: str, prefix: str = "arn:") -> str:
    """An ARN of another service that a request names, such as a role's."""
    if not arn.startswith(prefix):
        raise invalid_value(f"ARNs must start with '{prefix}': {arn}")
    return arn


def tagged_cluster(ctx: Context, req: dict[str, Any]) -> str:
    """The name of the cluster that ResourceName, an ARN, means. Raises InvalidARNFault."""
    found = ARN.fullmatch(req["ResourceName"])
    if found is None or (found[1], found[2]) != (ctx.region, ctx.account):
        raise Tags.invalid_arn(req["ResourceName"])
    return found[3].lower()
