"""Column types of the catalog, as Hive writes them: array<struct<name:string,at:timestamp>>.

Read once; written as Hive has them, for DuckDB and for the information schema.
"""

from __future__ import annotations

from dataclasses import dataclass

from jedlik.services.athena.sql.faults import Malformed
from jedlik.services.athena.sql.lexer import Words

_DUCKDB = {
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "long": "BIGINT",
    "boolean": "BOOLEAN",
    "float": "FLOAT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "binary": "BLOB",
    "varbinary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "decimal": "DECIMAL",
    "numeric": "DECIMAL",
    "json": "JSON",
    "time": "TIME",
    "uuid": "UUID",
}
_TRINO = {"int": "integer", "long": "bigint", "string": "varchar", "binary": "varbinary"}
_TRINO |= {"timestamp": "timestamp(3)", "float": "real", "numeric": "decimal"}
_HIVE = {"integer": "int", "long": "bigint", "numeric": "decimal", "varbinary": "binary"}
_HIVE |= {"real": "float"}
DEPTH_MAX = 32


@dataclass(frozen=True)
class HiveType:
    """name: the head, in lower case. numbers: of decimal, varchar and char. parts: of array, map
    and struct. fields: names of a struct's parts, spelled as they were written."""

    name: str
    numbers: tuple[int, ...] = ()
    parts: tuple[HiveType, ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def hive(self) -> str:
        """As the catalog has it: lower case."""
        if self.name == "struct":
            named = zip(self.fields, self.parts, strict=True)
            return f"struct<{','.join(f'{name.lower()}:{part.hive}' for name, part in named)}>"
        if self.parts:
            return f"{self.name}<{','.join(part.hive for part in self.parts)}>"
        return _HIVE.get(self.name, self.name) + self._numbers()

    @property
    def spelled(self) -> str:
        """As it was written, for names of fields that JSON spells so."""
        if self.name == "struct":
            named = zip(self.fields, self.parts, strict=True)
            return f"struct<{','.join(f'`{name}`:{part.spelled}' for name, part in named)}>"
        if self.parts:
            return f"{self.name}<{','.join(part.spelled for part in self.parts)}>"
        return self.name + self._numbers()

    @property
    def trino(self) -> str:
        """As SHOW COLUMNS of the information schema has it."""
        if self.name == "struct":
            named = zip(self.fields, self.parts, strict=True)
            return f"row({', '.join(f'{name.lower()} {part.trino}' for name, part in named)})"
        if self.parts:
            return f"{self.name}({', '.join(part.trino for part in self.parts)})"
        return _TRINO.get(self.name, self.name) + self._numbers()

    @property
    def duckdb(self) -> str:
        if self.name == "struct":
            named = zip(self.fields, self.parts, strict=True)
            return f"STRUCT({', '.join(f'{quoted(n.lower())} {p.duckdb}' for n, p in named)})"
        if self.name == "array":
            return f"{self.parts[0].duckdb}[]"
        if self.name == "map":
            return f"MAP({self.parts[0].duckdb}, {self.parts[1].duckdb})"
        if self.name in ("decimal", "numeric"):
            return "DECIMAL" + (self._numbers() or "(10,0)")
        return _DUCKDB[self.name]

    def _numbers(self) -> str:
        if self.numbers:
            return f"({','.join(map(str, self.numbers))})"
        return "(10,0)" if self.name in ("decimal", "numeric") else ""


def quoted(name: str) -> str:
    """A name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as SQL quotes it."""
    return "'" + text.replace("'", "''") + "'"


def parse_type(text: str) -> HiveType:
    """Raises Malformed."""
    words = Words(text)
    found = read_type(words)
    words.finish()
    return found


def read_type(words: Words, depth: int = 0) -> HiveType:
    """The type that comes next. Raises Malformed."""
    if depth > DEPTH_MAX:
        raise Malformed(f"types are nested more than {DEPTH_MAX} deep")
    name = words.identifier()
    if name in ("array", "map", "struct"):
        words.need("<")
        parts, fields = [], []
        while True:
            if name == "struct":
                fields.append(_field(words))
            parts.append(read_type(words, depth + 1))
            if words.accept("COMMENT"):
                words.string()
            if not words.accept(","):
                break
        words.need(">")
        wanted = {"array": 1, "map": 2}.get(name, len(parts))
        if len(parts) != wanted:
            raise words.refused(f"{wanted} types in {name}")
        return HiveType(name, (), tuple(parts), tuple(fields))
    if name == "row":
        raise words.refused("struct<…>")
    if name not in _DUCKDB:
        raise words.refused("a type")
    numbers = []
    if words.accept("("):
        numbers.append(words.integer())
        while words.accept(","):
            numbers.append(words.integer())
        words.need(")")
    if words.accept("PRECISION") and name != "double":
        raise words.refused("a type")
    return HiveType(name, tuple(numbers))


def _field(words: Words) -> str:
    """A field's name: everything up to the colon, for Hive lets any sign be in it."""
    name = ""
    while not words.sees(":"):
        if words.next.kind == "end":
            raise words.refused("':'")
        name += words.take().name
    words.need(":")
    return name
