"""Seals, in both forms where there is a compiled one: SHA-256 and HMAC against hashlib's."""

from __future__ import annotations

import hashlib
import hmac
from random import Random

import pytest

from jedlik.identity.sigv4 import SigningKey
from tests.support.forms import Form, forms_of

TIME_S = 1_700_000_000
SKEW_S = 900


@pytest.fixture(params=forms_of("jedlik.identity.seal"), ids=str)
def seal(request: pytest.FixtureRequest):
    form: Form = request.param
    yield from form.modules()


def signed(key: bytes, canonical: bytes, text: bytes, body: bytes) -> bytes:
    """The signature's digits, as the documentation has them computed."""
    payload = hashlib.sha256(body).hexdigest().encode()
    whole = text + hashlib.sha256(canonical + payload).hexdigest().encode()
    return hmac.new(key, whole, "sha256").hexdigest().encode()


def test_hashes_of_every_length(seal) -> None:
    r = Random(1)
    for size in [*range(300), 1000, 4096, 16383, 16384, 16385, 100_000]:
        body = r.randbytes(size)
        assert seal.payload_hash(body) == hashlib.sha256(body).hexdigest().encode(), size


@pytest.mark.parametrize("canonical_size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 300])
def test_signatures_fit(seal, canonical_size: int) -> None:
    r = Random(canonical_size)
    for text_size in (0, 1, 54, 55, 63, 64, 65, 90):
        key, canonical = r.randbytes(32), r.randbytes(canonical_size)
        text, body = r.randbytes(text_size), r.randbytes(r.randrange(200))
        one = seal.Seal(canonical, text, SigningKey(key), TIME_S - SKEW_S, TIME_S + SKEW_S)
        digits = signed(key, canonical, text, body)
        payload = seal.payload_hash(body)
        for _ in range(2):  # a seal is not used up
            assert one.fits(payload, digits, TIME_S)
        for at in (0, 31, 63):
            wrong = bytearray(digits)
            wrong[at] ^= 1
            assert not one.fits(payload, bytes(wrong), TIME_S)
        assert not one.fits(seal.payload_hash(body + b"x"), digits, TIME_S)
        assert not one.fits(payload, digits.upper(), TIME_S) or digits.isdigit()


def test_digits_of_another_length_do_not_fit(seal) -> None:
    one = seal.Seal(b"c", b"t", SigningKey(b"k"), 0.0, 1.0)
    digits = signed(b"k", b"c", b"t", b"")
    payload = seal.payload_hash(b"")
    assert one.fits(payload, digits, 0.5)
    for wrong in (b"", digits[:-1], digits + b"0", digits * 2):
        assert not one.fits(payload, wrong, 0.5)


def test_the_clock_bounds_both_sides(seal) -> None:
    one = seal.Seal(b"c", b"t", SigningKey(b"k"), TIME_S - SKEW_S, TIME_S + SKEW_S)
    digits, payload = signed(b"k", b"c", b"t", b""), seal.payload_hash(b"")
    for late_s, fits in ((-900.0, True), (-900.5, False), (900.0, True), (900.5, False)):
        assert one.fits(payload, digits, TIME_S + late_s) is fits


def test_without_the_processors_own_instructions(seal) -> None:
    choose = getattr(seal, "choose", None)
    if choose is None:
        pytest.skip("the Python form has no such choice")
    try:
        assert choose(True) is False
        test_hashes_of_every_length(seal)
        test_signatures_fit(seal, 65)
    finally:
        choose(False)
