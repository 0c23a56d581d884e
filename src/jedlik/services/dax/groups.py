"""Looking groups up by name: the stored ones and the two that are always there."""

from __future__ import annotations

from jedlik.services.dax.records import (
    CLUSTER,
    DEFAULT_PARAMETER_GROUP,
    DEFAULT_SUBNET_GROUP,
    PARAMETER_GROUP,
    SUBNET_GROUP,
    ParameterGroupRecord,
    Records,
    SubnetGroupRecord,
)


async def parameter_group(records: Records, name: str) -> ParameterGroupRecord | None:
    if name == DEFAULT_PARAMETER_GROUP.name:
        return DEFAULT_PARAMETER_GROUP
    return await records.get(PARAMETER_GROUP, name)


async def parameter_groups(records: Records) -> list[ParameterGroupRecord]:
    """All, in order of their names."""
    stored = await records.range(PARAMETER_GROUP)
    return sorted([DEFAULT_PARAMETER_GROUP, *stored], key=lambda group: group.name)


async def subnet_group(records: Records, name: str) -> SubnetGroupRecord | None:
    if name == DEFAULT_SUBNET_GROUP.name:
        return DEFAULT_SUBNET_GROUP
    return await records.get(SUBNET_GROUP, name)


async def subnet_groups(records: Records) -> list[SubnetGroupRecord]:
    """All, in order of their names."""
    stored = await records.range(SUBNET_GROUP)
    return sorted([DEFAULT_SUBNET_GROUP, *stored], key=lambda group: group.name)


async def uses_parameter_group(records: Records, name: str) -> bool:
    """Whether a cluster is governed by it."""
    return any(cluster.parameter_group == name for cluster in await records.range(CLUSTER))


async def uses_subnet_group(records: Records, name: str) -> bool:
    """Whether a cluster is in it."""
    return any(cluster.subnet_group == name for cluster in await records.range(CLUSTER))
