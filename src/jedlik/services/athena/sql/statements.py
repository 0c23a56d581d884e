"""What a statement asks for: one class for each kind, read by `parse` (`ddl.py` reads the tables).

StatementType in the API is `type` here, and SubstatementType `sub`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Name:
    """database: None for that of the request."""

    table: str
    database: str | None = None


class Statement:
    type: ClassVar[str] = "DDL"
    sub: ClassVar[str] = ""


@dataclass(frozen=True)
class Query(Statement):
    sql: str
    type = "DML"
    sub = "SELECT"


@dataclass(frozen=True)
class Insert(Statement):
    name: Name
    columns: tuple[str, ...]
    sql: str
    type = "DML"
    sub = "INSERT"


@dataclass(frozen=True)
class CreateTableAs(Statement):
    name: Name
    if_not_exists: bool
    properties: dict[str, Any]
    sql: str
    with_data: bool
    sub = "CREATE_TABLE_AS_SELECT"


@dataclass(frozen=True)
class Unload(Statement):
    sql: str
    location: str
    properties: dict[str, Any]
    type = "DML"
    sub = "UNLOAD"


@dataclass(frozen=True)
class Explain(Statement):
    sql: str
    analyze: bool
    type = "UTILITY"
    sub = "EXPLAIN"


@dataclass(frozen=True)
class CreateTable(Statement):
    """table: Glue's TableInput, but for its name."""

    name: Name
    if_not_exists: bool
    table: dict[str, Any]
    sub = "CREATE_TABLE"


@dataclass(frozen=True)
class CreateView(Statement):
    name: Name
    replace: bool
    sql: str
    sub = "CREATE_VIEW"


@dataclass(frozen=True)
class CreateDatabase(Statement):
    """database: Glue's DatabaseInput."""

    if_not_exists: bool
    database: dict[str, Any]
    sub = "CREATE_DATABASE"


@dataclass(frozen=True)
class Drop(Statement):
    """kind: "table", "view" or "database" (name.table is its name)."""

    kind: str
    name: Name
    if_exists: bool
    cascade: bool = False

    @property
    def sub(self) -> str:  # type: ignore[override]
        return f"DROP_{self.kind.upper()}"


@dataclass(frozen=True)
class Alter(Statement):
    """change: "add_partitions", "drop_partitions", "rename_partition", "location", "properties",
    "add_columns", "replace_columns", "change_column" or "database_properties"."""

    name: Name
    change: str
    lenient: bool = False
    partitions: tuple[tuple[dict[str, str], str], ...] = ()
    columns: tuple[dict[str, str], ...] = ()
    text: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    sub = "ALTER_TABLE"


@dataclass(frozen=True)
class Repair(Statement):
    name: Name
    sub = "MSCK_REPAIR_TABLE"


@dataclass(frozen=True)
class Show(Statement):
    """what: "databases", "tables", "views", "columns", "partitions", "create_table",
    "create_view" or "properties"; text: the pattern, or the property."""

    what: str
    name: Name
    text: str = ""
    type = "UTILITY"
    sub = "SHOW"


@dataclass(frozen=True)
class Describe(Statement):
    """kind: "table", "view" or "formatted"."""

    name: Name
    kind: str = "table"
    type = "UTILITY"
    sub = "DESCRIBE"


@dataclass(frozen=True)
class Prepare(Statement):
    name: str
    sql: str
    type = "UTILITY"
    sub = "PREPARE"


@dataclass(frozen=True)
class Execute(Statement):
    name: str
    parameters: tuple[str, ...]
    type = "DML"
    sub = "EXECUTE"


@dataclass(frozen=True)
class Deallocate(Statement):
    name: str
    type = "UTILITY"
    sub = "DEALLOCATE"
