"""What DAX's control plane asks permission for: its actions on clusters, by their ARNs. Parameter
groups and subnet groups have none, so their actions are asked on everything ("*")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.access import Ask, pass_role
from jedlik.api.context import Context

Request = dict[str, Any]


def cluster_arns(ctx: Context, req: Request) -> list[str]:
    """The clusters that a request names; all of them ("*") where it names none."""
    if "ResourceName" in req:
        return [req["ResourceName"]]
    names = req.get("ClusterNames") or [req.get("ClusterName") or req.get("SourceName")]
    if not names[0] or req.get("SourceType", "CLUSTER") != "CLUSTER":
        return ["*"]
    return [f"arn:aws:dax:{ctx.region}:{ctx.account}:cache/{name.lower()}" for name in names]


class CreateClusterAsks:
    """A new cluster is handed a role, and perhaps tags."""

    def asks(self, ctx: Context, req: Request) -> Sequence[Ask]:
        (arn,) = cluster_arns(ctx, req)
        found = [Ask("dax:CreateCluster", arn)]
        if req.get("Tags"):
            found.append(Ask("dax:TagResource", arn))
        return [*found, pass_role(req["IamRoleArn"], "dax.amazonaws.com")]

    async def asks_after_reading(self, ctx: Context, req: Request) -> Sequence[Ask]:
        return self.asks(ctx, req)
