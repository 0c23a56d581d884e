"""Policies: reading them, checking them, and the one judgement that every service relies on.

    document.py     JSON → statements, or the reason why it is no policy
    templates.py    texts with ${variables} and wildcards
    globs.py        matching them, in linear time
    operators.py    StringEquals, NumericLessThan, IpAddress …: one function each
    conditions.py   a Condition element as tests of a request's keys
    compiled.py     statements ready to be matched
    principal.py    whether a Principal element means a caller, and how directly
    evaluate.py     what all policies together say
    residual.py     what is left of them for one action, and its decision, and why
    refusals.py     AccessDenied in AWS's words

Pure: nothing here reads a clock or a store. IAM's operations use it for checking documents and for
simulations, `identity/authoriser.py` for every request.
"""

from __future__ import annotations

from .conditions import NOTHING, Keys, Values
from .document import Malformed, check_document, parse_document
from .evaluate import AccessRequest, evaluate, narrow
from .principal import ANONYMOUS
from .refusals import refusal_text
from .residual import Decision, Matched, Residual

__all__ = [
    "ANONYMOUS",
    "NOTHING",
    "AccessRequest",
    "Decision",
    "Keys",
    "Malformed",
    "Matched",
    "Residual",
    "Values",
    "check_document",
    "evaluate",
    "narrow",
    "parse_document",
    "refusal_text",
]
