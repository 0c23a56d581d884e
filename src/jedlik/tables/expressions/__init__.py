"""Expressions: condition, filter, projection, update and key condition, and their legacy kin.

A request makes one `Placeholders` of its names and values, gives it to each of its expressions, and
asks `finish()` for what was never used. What comes back is bound to the request's values and pure:
`Condition.holds(item)`, `Projection.apply(item)`, `Update.apply(item)`, a `KeyRange`. Compiled
forms are cached by text, names and value types. Every refusal is values.Invalid with AWS's text.

Never touches storage; tables/write.py and the services call it, PartiQL builds the same trees.
"""

from jedlik.tables.expressions.conditions import Condition, condition, condition_of
from jedlik.tables.expressions.key_conditions import (
    KeyCondition,
    KeyRange,
    key_condition,
    parsed_key_condition,
)
from jedlik.tables.expressions.placeholders import Placeholders
from jedlik.tables.expressions.projections import Projection, projection
from jedlik.tables.expressions.updates import Update, update, update_of

__all__ = [
    "Condition",
    "KeyCondition",
    "KeyRange",
    "Placeholders",
    "Projection",
    "Update",
    "condition",
    "condition_of",
    "key_condition",
    "parsed_key_condition",
    "projection",
    "update",
    "update_of",
]
