"""Taking an address to listen on, and telling people how to reach it."""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
from pathlib import Path

from jedlik import __version__, root_keys
from jedlik.settings import Settings

_log = logging.getLogger("jedlik")


class CannotListen(Exception):
    """The address cannot be had; the text says why and what to do."""


def bind(host: str, port: int, *, shared: bool = False, listen: bool = True) -> socket.socket:
    """A socket bound to the address, for the server to listen on. Raises CannotListen.

    shared: other sockets that are, too, may have the same address, and get their share of the
    connections. listen: False only keeps the address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as fault:
        raise CannotListen(f"--host {host}: {fault.strerror}") from None
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(address)
        # Now, not when the store is open: two servers starting at once must not both believe.
        if listen:
            bound.listen(1024)
        bound.setblocking(False)
    except OSError as fault:
        bound.close()
        raise CannotListen(_reason(host, port, fault)) from None
    return bound


def endpoint(host: str, bound: socket.socket) -> str:
    """The URL for clients. A wildcard address is reached, from here, through loopback."""
    port = bound.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return f"http://{f'[{shown}]' if ':' in shown and '[' not in shown else shown}:{port}"


def announce(
    url: str,
    settings: Settings,
    folder: Path,
    new_keys: root_keys.Keys | None,
    *,
    dax: list[str],
) -> None:
    """Say where the server is, and lines to paste. dax: URLs of the DAX cluster, if there is one.

    At a terminal as text on standard output, otherwise as one log line. New keys are shown this
    once; later the data folder has them.
    """
    paste = "\n".join(_lines_to_paste(url, settings, folder, new_keys))
    if not sys.stdout.isatty():
        said = {"endpoint": url, "dax": dax, "version": __version__, "paste": paste}
        _log.info("listening", extra=said)
        return
    kept = "in memory" if settings.memory else f"in {_short(folder)}"
    if settings.store:
        kept = "in PostgreSQL"
    print(f"\nJedlik {__version__} answers at {url}, data {kept}, auth {settings.auth}.")
    if dax:
        print(f"DAX at {' and '.join(dax)}.")
    print()
    if new_keys is not None:
        where = "" if settings.memory else f" (kept in {_short(folder / root_keys.FILE)})"
        print(f"  Root access key  {new_keys.access_key}{where}")
        print(f"  Root secret key  {new_keys.secret_key}\n")
    print(f"Paste into another terminal:\n\n{paste}\n", flush=True)


def _lines_to_paste(
    url: str, settings: Settings, folder: Path, new_keys: root_keys.Keys | None
) -> list[str]:
    # Both names of the region: boto3 and the AWS CLI read the second, everybody else the first.
    region = f"AWS_REGION={settings.region} AWS_DEFAULT_REGION={settings.region}"
    if settings.auth == "open":
        keys = "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
    elif os.environ.get("JEDLIK_ACCESS_KEY_ID") or settings.memory:
        keys = "AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…"
    else:
        keys = f"AWS_SHARED_CREDENTIALS_FILE={folder / root_keys.FILE}"
    return [
        f"  export AWS_ENDPOINT_URL={url} {region}",
        f"  export {keys}",
        "  aws dynamodb list-tables",
    ]


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _reason(host: str, port: int, fault: OSError) -> str:
    match fault.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} on {host} is in use: stop what listens there, "
                "or choose another with --port"
            )
        case errno.EACCES:
            return f"port {port} may not be used by this user: choose one above 1023 with --port"
        case errno.EADDRNOTAVAIL:
            return f"--host {host}: this machine has no such address"
    return f"cannot listen on {host} port {port}: {fault.strerror}"
