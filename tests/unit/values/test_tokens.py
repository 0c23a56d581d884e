"""Tokens in both forms are BLAKE2b, whatever the length."""

from __future__ import annotations

from hashlib import blake2b
from random import Random

import pytest

from tests.support.forms import Form, forms_of


@pytest.fixture(params=forms_of("jedlik.values.tokens"), ids=str)
def tokens(request: pytest.FixtureRequest):
    form: Form = request.param
    yield from form.modules()


def test_tokens_are_blake2b(tokens) -> None:
    r = Random(5)
    for length in (*range(400), 2048, 5000):
        data = r.randbytes(length)
        made = tokens.token(data)
        assert type(made) is bytes
        assert made == blake2b(data, digest_size=16).digest()


def test_nothing_but_bytes(tokens) -> None:
    with pytest.raises(TypeError):
        tokens.token("text")
    with pytest.raises(TypeError):
        tokens.token(None)
