"""AccessDenied in AWS's words (IAM user guide, "Troubleshoot access denied error messages")."""

from __future__ import annotations

from .residual import Decision, Kind

_NAMES: dict[Kind, tuple[str, str]] = {
    "identity": ("identity-based policy", "an identity-based policy"),
    "resource": ("resource-based policy", "a resource-based policy"),
    "boundary": ("permissions boundary", "a permissions boundary"),
    "session": ("session policy", "a session policy"),
    "service_control": ("service control policy", "a service control policy"),
}


def refusal_text(arn: str, action: str, resource: str, decision: Decision) -> str:
    """arn: who asked."""
    text = f"User: {arn} is not authorized to perform: {action} on resource: {resource}"
    if decision.kind is None:
        return text
    kind, a_kind = _NAMES[decision.kind]
    if decision.explicit_deny:
        return f"{text} with an explicit deny in {a_kind}"
    return f"{text} because no {kind} allows the {action} action"
