"""`jedlik migrate`: move a store from a folder into PostgreSQL, back, or to another place."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import click

from jedlik.cli.progress import ItemBar, item_bar
from jedlik.storage.moving import Move, Moved, Reading, Writing
from jedlik.storage.waist import StorageError

_SCHEMES = ("postgresql://", "postgres://")
_AGAIN = "stopped; the same command goes on from here"


@click.command()
@click.option("--from", "source", required=True, envvar="JEDLIK_MIGRATE_FROM", metavar="STORE")
@click.option("--to", "target", required=True, envvar="JEDLIK_MIGRATE_TO", metavar="STORE")
@click.option(
    "--from-data",
    metavar="FOLDER",
    help="Where the keys, certificates and object bytes of a PostgreSQL source are.",
)
@click.option(
    "--to-data",
    metavar="FOLDER",
    help="Where those go that a PostgreSQL target is to have.  [default: they stay]",
)
def migrate(source: str, target: str, from_data: str | None, to_data: str | None) -> None:
    """Move everything from one store into another, empty one.

    STORE is a data folder or a postgresql:// URL (better given as JEDLIK_MIGRATE_FROM and
    JEDLIK_MIGRATE_TO than on the command line). Neither may be in use. The source is not changed.
    Interrupted or killed, the same command goes on; at the end all is read again and compared.
    """
    if _is_url(source) and not _is_url(target) and from_data is None:
        raise click.UsageError(
            "--from-data names the folder with the keys, certificates and object bytes"
        )
    if from_data is not None and not _is_url(source):
        raise click.UsageError("--from-data is for a PostgreSQL source; a folder has its own")
    if to_data is not None and not _is_url(target):
        raise click.UsageError("--to-data is for a PostgreSQL target; a folder has its own")
    here = Path(from_data or source) if from_data or not _is_url(source) else None
    there = Path(to_data or target) if to_data or not _is_url(target) else None
    if here is not None and not here.is_dir():
        raise click.ClickException(f"there is no folder {here}")
    began = time.monotonic()
    try:
        moved, files = asyncio.run(_migrate(source, target, here, there))
    except KeyboardInterrupt:
        click.echo(f"\n{_AGAIN}", err=True)
        raise SystemExit(130) from None
    except StorageError as fault:
        raise click.ClickException(str(fault)) from None
    took = time.monotonic() - began
    click.echo(
        f"moved and compared: {moved.rows} rows, {moved.records} log records,"
        f" {files} files in {took:.1f} s"
    )
    if _is_url(target) and here is not None:
        kept = there or here
        click.echo(
            f"its keys, certificates and object bytes are in {kept}: start with --data {kept}"
        )


async def _migrate(
    source: str, target: str, here: Path | None, there: Path | None
) -> tuple[Moved, int]:
    reading = await _open_source(source)
    try:
        writing = await _open_target(target)
        try:
            files = await _copy_files(here, there)
            move = Move(reading, writing, told=lambda text: click.echo(text, err=True))
            with item_bar(await move.size(), "moving") as bar:
                move.advanced = _Count(bar).advance
                return await move.run(), files
        finally:
            await writing.close()
    finally:
        await reading.close()


class _Count:
    def __init__(self, bar: ItemBar) -> None:
        self._bar = bar
        self._done = 0

    def advance(self, count: int) -> None:
        self._done += count
        self._bar.reach(self._done)


async def _open_source(place: str) -> Reading:
    if _is_url(place):
        _need_postgres()
        from jedlik.storage.moving_postgres import PostgresSource

        return await PostgresSource.open(place)
    from jedlik.storage.moving_sqlite import SqliteSource

    return await SqliteSource.open(Path(place))


async def _open_target(place: str) -> Writing:
    if _is_url(place):
        _need_postgres()
        from jedlik.storage.moving_postgres import PostgresTarget

        return await PostgresTarget.open(place)
    from jedlik.storage.moving_sqlite import SqliteTarget

    return await SqliteTarget.open(Path(place))


async def _copy_files(here: Path | None, there: Path | None) -> int:
    """What a data folder has beside its store; how many files."""
    if here is None or there is None or here.resolve() == there.resolve():
        return 0
    from jedlik.storage.moving_files import copy_file, files_of
    from jedlik.storage.moving_sqlite import OWN_FILES

    try:
        there.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = files_of(here, frozenset(OWN_FILES))
    except OSError as fault:
        raise StorageError(f"{fault.filename} cannot be used: {fault.strerror}") from fault
    with item_bar(len(files), "copying files") as bar:
        for done, place in enumerate(files, 1):
            copy_file(here, there, place)
            bar.reach(done)
            await asyncio.sleep(0)
    return len(files)


def _need_postgres() -> None:
    try:
        import asyncpg  # noqa: F401
    except ModuleNotFoundError:
        raise click.ClickException(
            "a PostgreSQL store needs asyncpg: pip install 'jedlik[postgres]'"
        ) from None


def _is_url(place: str) -> bool:
    return place.startswith(_SCHEMES)
