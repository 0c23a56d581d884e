"""What `net` says when it refuses a request itself, before there is one to route.

AWS's front end answers such requests without the service's own words, mostly without a body.
"""

from __future__ import annotations

from jedlik.api.errors import ApiError
from jedlik.net import Reply

from .json import JSON_1_0, error_body


def refuse(status: int, reason: str) -> Reply:
    """For `Server(refuse=…)`. The reason is ours: it goes to a header, for whoever debugs."""
    lines = f"X-Jedlik-Reason: {reason}\r\n"
    if status == 503:
        error = ApiError(
            "ServiceUnavailableException", "Service is temporarily unavailable.", status=503
        )
        return Reply(503, f"{lines}Content-Type: {JSON_1_0.decode()}\r\n", error_body(error))
    return Reply(status, lines)
