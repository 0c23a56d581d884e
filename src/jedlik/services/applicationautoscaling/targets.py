"""The scalable target that a request is about."""

from __future__ import annotations

from jedlik.services.applicationautoscaling.errors import no_target
from jedlik.services.applicationautoscaling.records import TARGET, Records, TargetRecord
from jedlik.services.applicationautoscaling.resources import NAMESPACE, Resource


async def found_target(records: Records, resource: Resource) -> TargetRecord:
    """Raises ObjectNotFoundException."""
    found = await records.get(TARGET, resource.key)
    if found is None:
        raise no_target(NAMESPACE, resource.id, resource.dimension)
    return found
