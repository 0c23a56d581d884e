"""Hive's statements about databases and tables, read by hand: CREATE EXTERNAL TABLE with its
SerDes, and ALTER TABLE.

Columns become Glue's: {"Name", "Type", "Comment"}, with the type as it was written in "_spelled",
because JSON spells names of fields so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.faults import Malformed
from jedlik.services.athena.sql.hive_types import read_type
from jedlik.services.athena.sql.lexer import Words, unquoted
from jedlik.services.athena.sql.statements import Name, Statement

CATALOG = "awsdatacatalog"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_TEXT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_ORC = "org.apache.hadoop.hive.ql.io.orc"
FORMATS = {  # STORED AS: SerDe, input format, output format
    "PARQUET": (
        f"{_PARQUET}.serde.ParquetHiveSerDe",
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
    ),
    "ORC": (f"{_ORC}.OrcSerde", f"{_ORC}.OrcInputFormat", f"{_ORC}.OrcOutputFormat"),
    "AVRO": (
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
    ),
    "ION": (
        "com.amazon.ionhiveserde.IonHiveSerDe",
        "com.amazon.ionhiveserde.formats.IonInputFormat",
        "com.amazon.ionhiveserde.formats.IonOutputFormat",
    ),
    "TEXTFILE": (LAZY, _TEXT, _TEXT_OUT),
    "JSON": ("org.openx.data.jsonserde.JsonSerDe", _TEXT, _TEXT_OUT),
}
_DELIMITED = {
    ("FIELDS", "TERMINATED", "BY"): "field.delim",
    ("ESCAPED", "BY"): "escape.delim",
    ("COLLECTION", "ITEMS", "TERMINATED", "BY"): "colelction.delim",  # Hive's own spelling
    ("MAP", "KEYS", "TERMINATED", "BY"): "mapkey.delim",
    ("LINES", "TERMINATED", "BY"): "line.delim",
    ("NULL", "DEFINED", "AS"): "serialization.null.format",
}

Column = dict[str, str]


def table_name(words: Words) -> Name:
    """table, database.table or awsdatacatalog.database.table."""
    parts = [words.identifier()]
    while words.accept("."):
        parts.append(words.identifier())
    if len(parts) == 1 and "." in parts[0]:
        parts = parts[0].split(".")  # `database.table` in one pair of backquotes
    if len(parts) == 3 and parts[0] == CATALOG:
        del parts[0]
    if len(parts) > 2:
        raise Malformed(f"Catalog '{parts[0]}' does not exist")
    return Name(parts[-1], parts[0] if len(parts) == 2 else None)


def create_database(words: Words) -> Statement:
    if_not_exists = words.accept("IF", "NOT", "EXISTS")
    made: dict[str, Any] = {"Name": words.identifier()}
    while not words.done():
        if words.accept("COMMENT"):
            made["Description"] = words.string()
        elif words.accept("LOCATION"):
            made["LocationUri"] = words.string()
        elif words.accept("WITH", "DBPROPERTIES"):
            made["Parameters"] = pairs(words)
        else:
            raise words.refused("'COMMENT', 'LOCATION', 'WITH DBPROPERTIES'")
    return said.CreateDatabase(if_not_exists, made)


@dataclass
class _Clauses:
    """What a CREATE TABLE says behind its columns. serde: its properties. stored: one of FORMATS;
    formats: classes that read and write, where they are given instead. buckets: as Glue has them.
    """

    described: str = ""
    keys: list[Column] = field(default_factory=list)
    buckets: dict[str, Any] = field(default_factory=dict)
    serde_name: str = ""
    serde: dict[str, str] = field(default_factory=dict)
    stored: str = "TEXTFILE"
    formats: tuple[str, str] = ("", "")
    location: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    def read(self, words: Words) -> None:
        """Up to the end. Raises Malformed."""
        while not words.done():
            if words.accept("COMMENT"):
                self.described = words.string()
            elif words.accept("PARTITIONED", "BY"):
                self.keys = _columns(words)
            elif words.accept("CLUSTERED", "BY"):
                columns = [each.strip() for each in words.group().split(",")]
                words.need("INTO")
                count = words.integer()
                words.need("BUCKETS")
                self.buckets = {"BucketColumns": columns, "NumberOfBuckets": count}
            elif words.accept("ROW", "FORMAT", "SERDE"):
                self.serde_name = words.string()
            elif words.accept("ROW", "FORMAT", "DELIMITED"):
                self.serde |= _delimited(words)
            elif words.accept("WITH", "SERDEPROPERTIES"):
                self.serde |= pairs(words)
            elif words.accept("STORED", "AS", "INPUTFORMAT"):
                reader = words.string()
                words.need("OUTPUTFORMAT")
                self.formats = reader, words.string()
            elif words.accept("STORED", "AS"):
                self.stored = words.take().text.upper()
                if self.stored not in FORMATS:
                    raise words.refused(", ".join(FORMATS))
            elif words.accept("LOCATION"):
                self.location = words.string()
            elif words.accept("TBLPROPERTIES"):
                self.parameters = pairs(words)
            else:
                raise words.refused("<EOF>")

    def table(self, columns: list[Column]) -> dict[str, Any]:
        """The table as Glue has it."""
        serde, reader, writer = FORMATS[self.stored]
        found: dict[str, Any] = {
            "Owner": "hadoop",
            "Retention": 0,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": {
                "Columns": columns,
                "Location": self.location,
                "InputFormat": self.formats[0] or reader,
                "OutputFormat": self.formats[1] or writer,
                "Compressed": False,
                "NumberOfBuckets": -1,
                "SerdeInfo": {
                    "SerializationLibrary": self.serde_name or serde,
                    "Parameters": {
                        "serialization.format": self.serde.get("field.delim", "1"),
                        **self.serde,
                    },
                },
                "SortColumns": [],
                "StoredAsSubDirectories": False,
                **self.buckets,
            },
            "PartitionKeys": self.keys,
            "Parameters": {"EXTERNAL": "TRUE", **self.parameters},
        }
        if self.described:
            found["Description"] = self.described
        return found


def create_table(words: Words, name: Name, if_not_exists: bool, *, external: bool) -> Statement:
    """From behind the name on. Raises Malformed."""
    columns = _columns(words) if words.sees("(") else []
    clauses = _Clauses()
    clauses.read(words)
    if not external and clauses.parameters.get("table_type", "").upper() != "ICEBERG":
        raise Malformed(
            "line 1:8: mismatched input 'TABLE'. Expecting: 'EXTERNAL', 'OR', 'SCHEMA', 'VIEW'"
        )
    if not external:
        raise Malformed("Iceberg tables are not supported here: use CREATE EXTERNAL TABLE")
    if not clauses.location:
        raise Malformed(
            "FAILED: SemanticException table is not partitioned but a location is missing"
        )
    names = [each["Name"] for each in (*columns, *clauses.keys)]
    if len(names) != len({*names}):
        raise Malformed("FAILED: SemanticException [Error 10036]: Duplicate column name")
    return said.CreateTable(name, if_not_exists, clauses.table(columns))


def alter(words: Words) -> Statement:
    """ALTER TABLE … or ALTER DATABASE …, from behind ALTER on."""
    if words.accept("DATABASE") or words.accept("SCHEMA"):
        name = Name(words.identifier())
        words.need("SET", "DBPROPERTIES")
        return said.Alter(name, "database_properties", properties=pairs(words))
    words.need("TABLE")
    name = table_name(words)
    for start, reader in _ALTERS.items():
        if words.accept(*start):
            made = reader(words, name)
            words.finish()
            return made
    if words.sees("PARTITION"):
        return _alter_partition(words, name)
    raise words.refused("'ADD', 'CHANGE', 'DROP', 'PARTITION', 'REPLACE', 'SET'")


def _alter_partition(words: Words, name: Name) -> Statement:
    words.need("PARTITION")
    which = partition(words)
    if words.accept("RENAME", "TO", "PARTITION"):
        made = said.Alter(
            name, "rename_partition", partitions=((which, ""), (partition(words), ""))
        )
    else:
        words.need("SET", "LOCATION")
        made = said.Alter(name, "location", partitions=((which, ""),), text=words.string())
    words.finish()
    return made


def _add_partitions(words: Words, name: Name) -> Statement:
    lenient = words.accept("IF", "NOT", "EXISTS")
    found = []
    words.need("PARTITION")
    while True:
        which = partition(words)
        found.append((which, words.string() if words.accept("LOCATION") else ""))
        if not words.accept("PARTITION"):
            return said.Alter(name, "add_partitions", lenient, tuple(found))


def _drop_partitions(words: Words, name: Name) -> Statement:
    lenient = words.accept("IF", "EXISTS")
    words.need("PARTITION")
    found = [(partition(words), "")]
    while words.accept(",") and (words.accept("PARTITION") or True):
        found.append((partition(words), ""))
    return said.Alter(name, "drop_partitions", lenient, tuple(found))


def _change_column(words: Words, name: Name) -> Statement:
    words.accept("COLUMN")
    old = words.identifier()
    return said.Alter(name, "change_column", columns=(_column(words),), text=old)


_ALTERS: dict[tuple[str, ...], Callable[[Words, Name], Statement]] = {
    ("ADD", "IF"): lambda words, name: _add_partitions(_back(words), name),
    ("ADD", "PARTITION"): lambda words, name: _add_partitions(_back(words), name),
    ("ADD", "COLUMNS"): lambda words, name: said.Alter(
        name, "add_columns", columns=tuple(_columns(words))
    ),
    ("REPLACE", "COLUMNS"): lambda words, name: said.Alter(
        name, "replace_columns", columns=tuple(_columns(words))
    ),
    ("CHANGE",): _change_column,
    ("DROP", "IF"): lambda words, name: _drop_partitions(_back(words), name),
    ("DROP", "PARTITION"): lambda words, name: _drop_partitions(_back(words), name),
    ("SET", "LOCATION"): lambda words, name: said.Alter(name, "location", text=words.string()),
    ("SET", "TBLPROPERTIES"): lambda words, name: said.Alter(
        name, "properties", properties=pairs(words)
    ),
}


def _back(words: Words) -> Words:
    words.at -= 1
    return words


def partition(words: Words) -> dict[str, str]:
    """(year = '2024', month = 1)"""
    words.need("(")
    found: dict[str, str] = {}
    while True:
        key = words.identifier()
        words.need("=")
        negative = "-" if words.accept("-") else ""
        found[key] = negative + words.take().name
        if not words.accept(","):
            break
    words.need(")")
    return found


def pairs(words: Words) -> dict[str, str]:
    """('key' = 'value', …)"""
    words.need("(")
    found: dict[str, str] = {}
    while not words.accept(")"):
        key = words.string()
        words.need("=")
        found[key] = words.string()
        if not words.accept(","):
            words.need(")")
            break
    return found


def _columns(words: Words) -> list[Column]:
    words.need("(")
    found = [_column(words)]
    while words.accept(","):
        found.append(_column(words))
    words.need(")")
    return found


def _column(words: Words) -> Column:
    spelled_name = words.next.name
    name = words.identifier()
    words.accept(":")
    type_ = read_type(words)
    made = {"Name": name, "Type": type_.hive}
    if type_.spelled != type_.hive:
        made["_spelled"] = type_.spelled
    if spelled_name != name:
        made["_named"] = spelled_name
    if words.accept("COMMENT"):
        made["Comment"] = words.string()
    return made


def _delimited(words: Words) -> dict[str, str]:
    found: dict[str, str] = {}
    while True:
        for start, key in _DELIMITED.items():
            if words.accept(*start):
                found[key] = unquoted(words.take().text)
                break
        else:
            return found
