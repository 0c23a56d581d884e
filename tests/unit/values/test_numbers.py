"""Numbers: plain form, limits, order, arithmetic, and what DynamoDB charges for them."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jedlik.values import (
    Invalid,
    add,
    compare_numbers,
    encode_number,
    normalise,
    number_size,
    subtract,
)

OVERFLOW = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
UNDERFLOW = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"
NOT_NUMERIC = "The parameter cannot be converted to a numeric value"

EXACT = Context(prec=400)


@st.composite
def decimals(draw: st.DrawFn) -> Decimal:
    """Every number DynamoDB can hold, small and large ones often."""
    digits = draw(st.integers(0, 10**38 - 1) | st.integers(0, 999))
    sign = draw(st.sampled_from((1, -1)))
    count = len(str(digits).rstrip("0") or "0")
    exponent = draw(st.integers(-130, 126 - count) | st.integers(-3, 3))
    return Decimal(sign * int(str(digits).rstrip("0") or "0")).scaleb(exponent, EXACT)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.0", "0"),
        ("0e999", "0"),
        ("1", "1"),
        ("+1", "1"),
        ("007", "7"),
        ("1.0", "1"),
        ("1.50", "1.5"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("5.", "5"),
        ("1e2", "100"),
        ("1E+2", "100"),
        ("12.5e-3", "0.0125"),
        ("-1.5E1", "-15"),
        ("9" * 38, "9" * 38),
        ("1" + "0" * 60, "1" + "0" * 60),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("9.9999999999999999999999999999999999999E+125", "9" * 38 + "0" * 88),
        ("0" * 500 + "1", "1"),
    ],
)
def test_plain_form(text: str, plain: str) -> None:
    assert normalise(text) == plain
    assert normalise(plain) == plain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", NOT_NUMERIC),
        ("abc", f"{NOT_NUMERIC}: abc"),
        (" 1", f"{NOT_NUMERIC}:  1"),
        ("1 ", f"{NOT_NUMERIC}: 1 "),
        ("1\n", f"{NOT_NUMERIC}: 1\n"),
        (".", f"{NOT_NUMERIC}: ."),
        ("-", f"{NOT_NUMERIC}: -"),
        ("1e", f"{NOT_NUMERIC}: 1e"),
        ("NaN", f"{NOT_NUMERIC}: NaN"),
        ("Infinity", f"{NOT_NUMERIC}: Infinity"),
        ("1_000", f"{NOT_NUMERIC}: 1_000"),
        ("0x10", f"{NOT_NUMERIC}: 0x10"),
        ("１", f"{NOT_NUMERIC}: １"),
        ("1e126", OVERFLOW),
        ("-1e126", OVERFLOW),
        ("1e99999999999999999999999", OVERFLOW),
        ("1e" + "9" * 5000, OVERFLOW),
        ("1e-131", UNDERFLOW),
        ("1e-99999999999999999999999", UNDERFLOW),
        ("1" * 39, TOO_PRECISE),
        ("0." + "1" * 39, TOO_PRECISE),
        ("1" * 38 + ".1", TOO_PRECISE),
    ],
)
def test_what_is_no_number_is_refused(text: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise(text)
    assert refused.value.message == message


@given(decimals())
def test_plain_form_is_the_same_number_and_stays(number: Decimal) -> None:
    plain = normalise(str(number))
    assert Decimal(plain) == number
    assert "e" not in plain.lower()
    assert normalise(plain) == plain


@given(decimals(), decimals())
def test_bytes_are_in_numeric_order(a: Decimal, b: Decimal) -> None:
    one, two = encode_number(normalise(str(a))), encode_number(normalise(str(b)))
    assert (one < two) == (a < b)
    assert (one == two) == (a == b)
    assert compare_numbers(normalise(str(a)), normalise(str(b))) == (a > b) - (a < b)


@given(decimals())
def test_bytes_do_not_depend_on_the_form(number: Decimal) -> None:
    assert encode_number(f"{number:E}") == encode_number(normalise(str(number)))


@given(decimals(), decimals())
def test_sums_are_exact_or_refused(a: Decimal, b: Decimal) -> None:
    for compute, exact in (
        (add, EXACT.add(a, b)),
        (subtract, EXACT.subtract(a, b)),
    ):
        try:
            result = compute(normalise(str(a)), normalise(str(b)))
        except Invalid:
            with pytest.raises(Invalid):
                normalise(str(exact))
        else:
            assert Decimal(result) == exact
            assert result == normalise(result)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("9" * 38, "0.1", TOO_PRECISE),
        ("1" + "0" * 38, "1", TOO_PRECISE),
        ("9" + "0" * 125, "9" + "0" * 125, OVERFLOW),
    ],
)
def test_a_sum_that_does_not_fit(a: str, b: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(a, b)
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 1),
        ("1", 2),
        ("-1", 3),
        ("12", 2),
        ("123", 3),
        ("1000", 2),
        ("100", 2),
        ("10", 2),
        ("1.5", 3),
        ("0.5", 2),
        ("0.05", 2),
        ("0.005", 2),
        ("12.34", 3),
        ("9" * 38, 20),
        ("-" + "9" * 38, 21),
    ],
)
def test_size(text: str, size: int) -> None:
    assert number_size(text) == size


@given(decimals())
def test_size_is_near_what_the_guide_says(number: Decimal) -> None:
    plain = normalise(str(number))
    significant = len(plain.replace("-", "").replace(".", "").strip("0"))
    assert 1 + significant / 2 <= number_size(plain) <= 3 + significant / 2 or plain == "0"
