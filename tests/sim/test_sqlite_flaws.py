"""The simulation finds flaws of the SQLite engine's own: its journal, and the taking over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jedlik.storage import sqlite_journal, sqlite_writer
from jedlik.storage.sqlite_journal import Journal
from jedlik.storage.sqlite_unapplied import Unapplied
from jedlik.storage.sqlite_writer import Writer
from tests.contract.stepper import Stepper
from tests.sim.simulation import Failed, kind_of, simulate

SEEDS_MAX = 150
Patch = pytest.MonkeyPatch


def answers_before_the_fsync(patch: Patch) -> None:
    patch.setattr(Journal, "sync_current", lambda journal: None)


def leaves_a_failed_record_as_it_is(patch: Patch) -> None:
    def settle(journal: Journal, error: Exception) -> Any:
        journal._record = b""
        return journal._files.storage_error(error)

    patch.setattr(Journal, "settle", settle)


def takes_torn_records_for_sound(patch: Patch) -> None:
    patch.setattr(sqlite_journal, "is_sound", lambda head, payload, secret: True)


def writes_over_what_sqlite_lacks(patch: Patch) -> None:
    """Both files are one."""
    patch.setattr(Journal, "turn", lambda journal: setattr(journal, "used", 0))


def forgets_how_far_sqlite_is(patch: Patch) -> None:
    patch.setattr(
        sqlite_writer, "_APPLIED", "UPDATE marker SET serial = serial + 0 * (? + ?) WHERE id = 2"
    )


def takes_over_in_two_transactions(patch: Patch) -> None:
    whole = Writer.apply

    def apply(writer: Writer, job: Any) -> None:
        if isinstance(job, Unapplied):
            writer._cursor.execute("UPDATE marker SET serial = ? WHERE id = 2", (job.serial,))
            writer._cursor.execute("COMMIT; BEGIN IMMEDIATE")
        whole(writer, job)

    patch.setattr(Writer, "apply", apply)


def forgets_the_table_before_sqlite_has_it(patch: Patch) -> None:
    whole = Stepper.open

    def open_it(folder: Path, **settings: Any) -> Stepper:
        stepper = whole(folder, **settings)
        submit = stepper.store.submit

        def submit_and_forget(job: Any) -> None:
            submit(job)
            if isinstance(job, Unapplied):
                stepper.engine._published.tables = [stepper.engine._published.growing]

        patch.setattr(stepper.store, "submit", submit_and_forget)
        return stepper

    patch.setattr(Stepper, "open", open_it)


def forgets_deletes(patch: Patch) -> None:
    patch.setattr(sqlite_writer, "_DELETE", ("SELECT {}", "(?, ?, ?, ?)"))


FLAWS: list[Callable[[Patch], None]] = [
    answers_before_the_fsync,
    leaves_a_failed_record_as_it_is,
    takes_torn_records_for_sound,
    writes_over_what_sqlite_lacks,
    forgets_how_far_sqlite_is,
    takes_over_in_two_transactions,
    forgets_the_table_before_sqlite_has_it,
    forgets_deletes,
]


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.__name__)
def test_a_flaw_of_the_engine_is_found(
    flaw: Callable[[Patch], None], monkeypatch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    flaw(monkeypatch)
    for seed in range(0, 10 * SEEDS_MAX, 10):
        assert kind_of(seed) == "sqlite"
        try:
            simulate(seed)
        except Failed:
            return
    raise AssertionError(f"{SEEDS_MAX} seeds did not notice")
