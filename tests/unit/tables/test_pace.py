"""Background work's pieces: small as soon as requests are answered, however short those are."""

from jedlik.storage.memory import MemoryEngine
from jedlik.tables.pace import SMALLER, Pace


async def test_pieces_are_small_once_answers_were_given() -> None:
    pace = Pace(MemoryEngine())
    pace._seen_at = float("-inf")
    answering_s = 0.0
    pace.answering_s = lambda: answering_s
    assert pace.items(100) == 100
    answering_s = 0.00002
    await pace.turn()
    assert pace.items(100) == 100 // SMALLER


async def test_they_are_large_again_when_nobody_has_come_for_a_while() -> None:
    pace = Pace(MemoryEngine())
    pace.answering_s = lambda: 1.0
    await pace.turn()
    pace._seen_at -= 1
    assert pace.items(100) == 100
