"""Subnet ids that a request gives. Jedlik has no networks: any well-formed id will do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jedlik.services.dax.errors import SubnetGroup, invalid_value
from jedlik.services.dax.limits import SUBNETS_PER_GROUP_MAX

SUBNET = re.compile(r"subnet-[0-9a-z]{1,17}")


def checked_subnets(given: Sequence[str]) -> tuple[str, ...]:
    """Raises ApiError."""
    if not given:
        raise invalid_value("A subnet group must have at least one subnet.")  # unverified
    for subnet in given:
        if not SUBNET.fullmatch(subnet):
            raise SubnetGroup.invalid_subnet(subnet)
    subnets = tuple(dict.fromkeys(given))
    if len(subnets) > SUBNETS_PER_GROUP_MAX:
        raise SubnetGroup.too_many_subnets(SUBNETS_PER_GROUP_MAX)
    return subnets
