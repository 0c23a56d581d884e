"""GetPartitions, all or those that an expression lets through."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.errors import invalid
from jedlik.services.glue.partition_filters import parse_filter
from jedlik.services.glue.requests import catalog_of, page, table_arns
from jedlik.services.glue.store import shown

PARTITIONS_MAX = 1000


@operation("glue", "GetPartitions", access="list", resource=table_arns)
async def get_partitions(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    table = await catalog.table(req["DatabaseName"], req["TableName"])
    found = await catalog.partitions(table)
    if req.get("Expression"):
        kinds = {key["Name"]: key.get("Type", "string") for key in table.get("PartitionKeys", ())}
        test = parse_filter(req["Expression"], kinds)
        names = [name.lower() for name in kinds]
        # A partition from before the table got more keys has no values for those. Unverified.
        found = [
            each
            for each in found
            if len(each["Values"]) >= len(names)
            and test(dict(zip(names, each["Values"], strict=False)))
        ]
    segment = req.get("Segment")
    if segment is not None:
        if segment["SegmentNumber"] >= segment["TotalSegments"]:  # unverified text
            raise invalid("SegmentNumber must be less than TotalSegments")
        found = found[segment["SegmentNumber"] :: segment["TotalSegments"]]
    part, token = page(found, req, PARTITIONS_MAX)
    told = [shown(each) for each in part]
    if req.get("ExcludeColumnSchema"):
        for each in told:
            each.get("StorageDescriptor", {}).pop("Columns", None)
    return {"Partitions": told, **token}
