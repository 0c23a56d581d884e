"""Certificates for `daxs://`: a certificate authority of this data folder's own, and what it signs.

    <data>/dax/ca.pem           for clients to trust (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS)
    <data>/dax/ca-key.pem       readable by the owner alone, like every key here
    <data>/dax/server.pem       signed by it for this machine's names and addresses
    <data>/dax/server-key.pem
    <data>/dax/server.json      what it was made for, and until when it lasts

The authority is made once; the server's certificate again when it is about to end or when the
names change. An operator's own files (`--dax-certificate`, `--dax-certificate-key`) take its place.

Making them needs a large library, so a server lets a process of its own do it (`python -m
jedlik.dax_certificates FOLDER NAME…`) as soon as it runs, and seldom has to itself.
"""

from __future__ import annotations

import fcntl
import ipaddress
import json
import os
import shutil
import socket
import ssl
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography import x509

FOLDER = "dax"
DAY_S = 86_400
AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
"""The longest that some TLS stacks accept."""
RENEWED_BEFORE_DAYS = 30


class Unusable(OSError):
    """The certificate files cannot be used; the text is for the operator."""


def context_from(certificate: str, key: str) -> ssl.SSLContext:
    """A context with the operator's own files. Raises Unusable."""
    made = _context()
    try:
        made.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as fault:
        raise Unusable(f"--dax-certificate {certificate}: {fault}") from fault
    return made


def own_context(folder: Path | None, addresses: list[str]) -> ssl.SSLContext:
    """A context with a certificate of our own, made now where it is not there.

    folder: the data folder; None: nothing is kept. addresses: names and IP addresses that clients
    use besides those of this machine that are known anyway.
    """
    made = _context()
    if folder is None:
        passing = Path(tempfile.mkdtemp(prefix="jedlik-dax-"))
        try:
            _make(passing, names_of(addresses))
            made.load_cert_chain(passing / "server.pem", passing / "server-key.pem")
        finally:
            shutil.rmtree(passing, ignore_errors=True)
        return made
    prepare(folder, addresses)
    made.load_cert_chain(folder / FOLDER / "server.pem", folder / FOLDER / "server-key.pem")
    return made


def prepare(folder: Path, addresses: list[str]) -> None:
    """Make what is not there, or not good any more. Raises OSError."""
    if is_prepared(folder, addresses):
        return
    place, names = folder / FOLDER, names_of(addresses)
    place.mkdir(mode=0o700, exist_ok=True)
    with (place / "lock").open("w") as guard:
        # The server and the process that it started may both be at it.
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not _is_good(place, names):
            _make(place, names)


def is_prepared(folder: Path, addresses: list[str]) -> bool:
    return _is_good(folder / FOLDER, names_of(addresses))


def names_of(addresses: list[str]) -> list[str]:
    return sorted({*addresses, "localhost", "127.0.0.1", "::1", socket.gethostname()} - {""})


def _context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def _is_good(place: Path, names: list[str]) -> bool:
    """Whether the server's certificate is for these names and lasts for some time.

    Asked without reading the certificate: the library that can is large, and is not needed for
    an ordinary start.
    """
    try:
        made = json.loads((place / "server.json").read_text())
        files = [(place / name).exists() for name in ("ca.pem", "server.pem", "server-key.pem")]
        return (
            all(files)
            and made["names"] == names
            and made["until_s"] - time.time() > RENEWED_BEFORE_DAYS * DAY_S
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _make(place: Path, names: list[str]) -> None:
    """Make the server's certificate, and before it the authority if there is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if (place / "ca.pem").exists() and (place / "ca-key.pem").exists():
        authority = x509.load_pem_x509_certificate((place / "ca.pem").read_bytes())
        loaded = serialization.load_pem_private_key((place / "ca-key.pem").read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        authority_key = loaded
    else:
        authority_key = ec.generate_private_key(ec.SECP256R1())
        authority = _authority(authority_key)
        _write(place / "ca-key.pem", _key_text(authority_key))
        _write(place / "ca.pem", authority.public_bytes(serialization.Encoding.PEM), mode=0o644)
    key = ec.generate_private_key(ec.SECP256R1())
    until_s = time.time() + SERVER_DAYS * DAY_S
    certificate = _server(key, authority, authority_key, names, until_s)
    text = certificate.public_bytes(serialization.Encoding.PEM)
    text += authority.public_bytes(serialization.Encoding.PEM)
    _write(place / "server-key.pem", _key_text(key))
    _write(place / "server.pem", text, mode=0o644)
    told = json.dumps({"names": names, "until_s": int(until_s)})
    _write(place / "server.json", told.encode(), mode=0o644)


def _authority(key: Any) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    begun = _begun("Jedlik DAX authority", "Jedlik DAX authority", key, AUTHORITY_DAYS * DAY_S)
    return (
        begun.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: Any, authority: x509.Certificate, authority_key: Any, names: list[str], until_s: float
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    begun = _begun("Jedlik DAX", "Jedlik DAX authority", key, until_s - time.time())
    return (
        begun.add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(issued_by, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _begun(subject: str, issuer: str, key: Any, lasts_s: float) -> x509.CertificateBuilder:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.x509.oid import NameOID

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clients whose clock is a little behind must not find it in the future.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(seconds=lasts_s))
    )


def _alternatives(names: list[str]) -> list[x509.GeneralName]:
    from cryptography import x509

    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _usage(**chosen: bool) -> x509.KeyUsage:
    from cryptography import x509

    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: chosen.get(name, False) for name in names.split()})


def _key_text(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    text: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return text


def _write(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    # Complete under another name first: a crash must not leave half a file.
    part = file.with_name(file.name + ".new")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), sys.argv[2:])
