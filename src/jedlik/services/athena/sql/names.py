"""Schemas with a meaning of their own."""

from __future__ import annotations

INFORMATION = "information_schema"
OWN_INFORMATION = "jedlik_information_schema"
"""Where the engine has Athena's information schema; DuckDB's own has the same name."""
