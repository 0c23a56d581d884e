"""UpdateCluster: description, window, notifications, security groups, and the parameter group,
whose times the worker hands to the running caches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.cluster_changes import Next, change_cluster, in_transition
from jedlik.services.dax.create_cluster import checked_security_groups
from jedlik.services.dax.errors import ParameterGroup, invalid_value
from jedlik.services.dax.events import cluster_event, now_ms
from jedlik.services.dax.groups import parameter_group
from jedlik.services.dax.maintenance import checked_window
from jedlik.services.dax.names import checked_arn
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.records import ClusterRecord, Records

TOPIC_STATES = ("active", "inactive")


@operation("dax", "UpdateCluster", access="write", resource=cluster_arns)
async def update_cluster(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    changes: dict[str, Any] = {}
    if "Description" in req:
        changes["description"] = req["Description"]
    if "PreferredMaintenanceWindow" in req:
        changes["maintenance_window"] = checked_window(req["PreferredMaintenanceWindow"])
    if "NotificationTopicArn" in req:
        changes["topic_arn"] = checked_arn(req["NotificationTopicArn"], "arn:aws:sns:")
    if "NotificationTopicStatus" in req:
        if req["NotificationTopicStatus"] not in TOPIC_STATES:
            raise invalid_value(  # unverified
                f"Invalid notification topic status: {req['NotificationTopicStatus']}"
            )
        changes["topic_status"] = req["NotificationTopicStatus"]
    if "SecurityGroupIds" in req:
        changes["security_groups"] = checked_security_groups(req["SecurityGroupIds"])
    if "ParameterGroupName" in req:
        name = req["ParameterGroupName"].lower()
        if await parameter_group(records, name) is None:
            raise ParameterGroup.not_found(name)
        changes["parameter_group"] = name

    def update(cluster: ClusterRecord) -> Next:
        event = cluster_event(cluster.name, "Modifying cluster.", now_ms(ctx))
        return in_transition(ctx, replace(cluster, **changes)), [event]

    return await change_cluster(ctx, records, req["ClusterName"], update)
