"""ClientRequestToken of transactions: what makes asking twice the same as asking once."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.tables.client_tokens import ClientToken


def client_token(ctx: Context, req: dict[str, Any], asked: str) -> ClientToken | None:
    """The request's token with a fingerprint of all it asks, taken before any change.

    asked: the member that holds what is asked. None without a token, and for what nests deeper than
    can be written: that is refused when its values are read.
    """
    token = req.get("ClientRequestToken")
    if token is None:
        return None
    try:
        written = orjson.dumps(req[asked], option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None
    return ClientToken(f"{ctx.account}|{ctx.region}", token, blake2b(written).digest())
