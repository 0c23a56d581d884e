"""How many shards an account has, and may have."""

from __future__ import annotations

from jedlik.api.context import Context
from jedlik.services.kinesis.errors import limit_exceeded
from jedlik.services.kinesis.limits import ON_DEMAND_STREAMS_MAX, SHARDS_MAX
from jedlik.services.kinesis.store import Store


async def open_shards(ctx: Context) -> tuple[int, int]:
    """Open shards of provisioned streams, and streams on demand, of the account and region."""
    streams = await Store.of(ctx.db).list(ctx.account, ctx.region)
    shards = sum(len(each.open_shards) for each in streams if each.mode == "PROVISIONED")
    return shards, sum(1 for each in streams if each.mode == "ON_DEMAND")


async def check_shards(ctx: Context, more: int) -> None:
    """Raises LimitExceededException where `more` shards would be too many."""
    now, _ = await open_shards(ctx)
    if more > 0 and now + more > SHARDS_MAX:
        raise limit_exceeded(
            f"This request would exceed the shard limit for the account {ctx.account} in "
            f"{ctx.region}. Current shard count for the account: {now}. Limit: {SHARDS_MAX}. "
            f"Number of additional shards that would have resulted from this request: {more}. "
            "Refer to the AWS Service Limits page "
            "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current "
            "limits and how to request higher limits."
        )


async def check_on_demand(ctx: Context) -> None:
    _, now = await open_shards(ctx)
    if now >= ON_DEMAND_STREAMS_MAX:
        raise limit_exceeded(  # unverified
            f"This request would exceed the limit of {ON_DEMAND_STREAMS_MAX} on-demand streams."
        )
