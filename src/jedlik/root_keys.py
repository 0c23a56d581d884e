"""The root keys of a Jedlik: made with the data folder, kept in it, read again at every start.

The file has the form of AWS's shared credentials file, so that AWS_SHARED_CREDENTIALS_FILE may
name it and every SDK then has the right keys. JEDLIK_ACCESS_KEY_ID and JEDLIK_SECRET_ACCESS_KEY
take precedence and leave the file alone.
"""

from __future__ import annotations

import os
import secrets
import string
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

FILE = "credentials"
_ID_ALPHABET = string.ascii_uppercase + "234567"
_SECRET_ALPHABET = string.ascii_letters + string.digits


class Unusable(Exception):
    """The credentials file cannot be read or written; the text is for the operator."""


class Keys(Struct, frozen=True):
    access_key: str
    secret_key: str
    session_token: str | None = None


def from_environment(environment: Mapping[str, str], prefix: str) -> Keys | None:
    """Keys from `prefix`ACCESS_KEY_ID and `prefix`SECRET_ACCESS_KEY; None unless both are set."""
    access_key = environment.get(prefix + "ACCESS_KEY_ID")
    secret_key = environment.get(prefix + "SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        return None
    return Keys(access_key, secret_key, environment.get(prefix + "SESSION_TOKEN"))


def read(file: Path) -> Keys | None:
    """The keys in the file, None if there is no file. Raises Unusable."""
    try:
        lines = file.read_text().splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as fault:
        raise Unusable(f"cannot read {file}: {fault}") from fault
    found = {
        name.strip(): value.strip() for name, sep, value in (x.partition("=") for x in lines) if sep
    }
    try:
        return Keys(found["aws_access_key_id"], found["aws_secret_access_key"])
    except KeyError as missing:
        raise Unusable(f"{file} has no {missing.args[0]}") from None


def generate() -> Keys:
    return Keys(
        access_key="AKIA" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(16)),
        secret_key="".join(secrets.choice(_SECRET_ALPHABET) for _ in range(40)),
    )


def create(file: Path) -> Keys:
    """Make new keys and keep them where only the owner can read them. Raises Unusable."""
    keys = generate()
    text = (
        "# The root keys of this Jedlik. AWS_SHARED_CREDENTIALS_FILE may name this file.\n"
        "[default]\n"
        f"aws_access_key_id = {keys.access_key}\n"
        f"aws_secret_access_key = {keys.secret_key}\n"
    )
    try:
        _write(file, text)
    except OSError as fault:
        raise Unusable(f"cannot write {file}: {fault.strerror}") from fault
    return keys


def _write(file: Path, text: str) -> None:
    # Complete under another name first: a crash must not leave half a file.
    part = file.with_name(file.name + ".new")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
