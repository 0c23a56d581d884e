"""PartiQL text to tokens.

Called by `parser.py` only. One compiled pattern walks the text once, so time is linear in its
length. Words that PartiQL reserves become keywords (lower case, pairs such as `IS NOT` joined into
one token); all other words are names, whose case counts, because attribute names' case does.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from jedlik.values import Invalid

Kind = Literal["name", "quoted", "string", "number", "ion", "symbol", "keyword", "end"]

NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed: "


class Token(NamedTuple):
    """One token: `text` is what it means (quotes undone), `length` what it takes in the source."""

    kind: Kind
    text: str
    offset: int
    length: int

    def is_symbol(self, *texts: str) -> bool:
        return self.kind == "symbol" and self.text in texts

    def is_keyword(self, *texts: str) -> bool:
        return self.kind == "keyword" and self.text in texts


def tokens_of(text: str) -> list[Token]:
    """All tokens and an `end`; raises Invalid where no token fits.

    The detail after the colon is empty then: the parser that AWS publishes gives its lexical
    errors no text. Unverified against the service.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _next_token(text, position)
        if match is None or match.lastgroup == "bad":
            raise Invalid(NOT_WELL_FORMED)
        kind = match.lastgroup
        lexeme = match.group()
        position = match.end()
        if kind == "space":
            continue
        if kind == "name":
            _append_word(found, lexeme, match.start())
            continue
        if kind in ("string", "quoted"):
            meaning = lexeme[1:-1].replace(lexeme[0] * 2, lexeme[0])
        elif kind == "ion":
            meaning = lexeme[1:-1]
        else:
            meaning = "<>" if lexeme == "!=" else lexeme
        found.append(Token(kind, meaning, match.start(), len(lexeme)))  # type: ignore[arg-type]
    found.append(Token("end", "", len(text), 0))
    return found


def _append_word(found: list[Token], word: str, offset: int) -> None:
    """A word, joined to the one before where the two are one keyword."""
    lower = word.lower()
    if lower not in RESERVED:
        found.append(Token("name", word, offset, len(word)))
        return
    before = found[-1] if found else None
    if before is not None and before.kind == "keyword" and (before.text, lower) in _PAIRS:
        length = offset + len(word) - before.offset
        found[-1] = Token("keyword", f"{before.text} {lower}", before.offset, length)
        return
    found.append(Token("keyword", lower, offset, len(word)))


def location(text: str, offset: int, length: int) -> str:
    """Where something stands, as AWS's messages end: " at line:column:length"."""
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return f" at {line}:{column}:{length}"


_next_token = re.compile(
    r"""
      (?P<space>[ \t\r\n]+|--[^\n]*|/\*(?s:.*?)\*/)
    | (?P<bad>/\*|[0-9.]+[eE](?![0-9+-])|[0-9][0-9.]*[A-DF-Za-df-z_$])
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![A-Za-z_$]))
    | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<string>'[^']*(?:''[^']*)*')
    | (?P<quoted>"[^"]*(?:""[^"]*)*")
    | (?P<ion>`[^`]*`)
    | (?P<symbol><<|>>|<=|>=|<>|!=|\|\||[-+*/%<>=()\[\]{},.:;?@])
    """,
    re.VERBOSE,
).match

_PAIRS = frozenset(
    (
        ("insert", "into"),
        ("is", "not"),
        ("not", "in"),
        ("not", "between"),
        ("not", "like"),
        ("modified", "old"),
        ("modified", "new"),
        ("all", "old"),
        ("all", "new"),
        ("on", "conflict"),
        ("cross", "join"),
        ("inner", "join"),
        ("left", "join"),
        ("right", "join"),
        ("full", "join"),
    )
)

# The reserved words of SQL-92 and PartiQL's own. `true`, `false`, `null` and `missing` are here
# too: they are values. (Each was tried as an attribute name against DynamoDB Local.)
_RESERVED_WORDS = """
    absolute action add all allocate alter and any are as asc assertion at authorization avg bag
    begin between bit bit_length blob bool boolean by cascade cascaded case cast catalog char
    char_length character character_length check clob close coalesce collate collation column
    commit conflict connect connection constraint constraints continue convert corresponding count
    create cross current current_date current_time current_timestamp current_user cursor date
    date_add date_diff deallocate dec decimal declare default deferrable deferred delete desc
    describe descriptor diagnostics disconnect distinct do domain double drop else end escape except
    exception exec execute exists external extract false fetch first float for foreign found from
    full get global go goto grant group having identity immediate in index indicator initially
    inner input insensitive insert int integer intersect interval into is isolation join key
    language last left let level like limit list local lower match max min missing modified module
    names national natural nchar new next no not nothing null nullif numeric octet_length of old on
    only open option or order outer output overlaps pad partial pivot position precision prepare
    preserve primary prior privileges procedure public read real references relative remove restrict
    returning revoke right rollback rows schema scroll section select session session_user set sexp
    size smallint some space sql sqlcode sqlerror sqlstate string struct substring sum symbol
    system_user table temporary then time timestamp to transaction translate translation trim true
    tuple union unique unknown unpivot update upper usage user using value values varchar varying
    view when whenever where with work write zone
    """
RESERVED = frozenset(_RESERVED_WORDS.split())
