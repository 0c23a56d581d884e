"""What is wrong with an expression or an object, in the codes of the API reference ("List of SELECT
Object Content Error Codes"). Unverified: texts of the parser beyond the code."""

from __future__ import annotations


class Fault(Exception):
    """code: as clients see it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def unexpected(text: str, at: int) -> Fault:
    return Fault("ParseUnexpectedToken", f"Unexpected token found {text!r} at position {at}.")


def expected(what: str, at: int) -> Fault:
    return Fault("ParseExpectedKeyword", f"Expected {what} at position {at} in the SQL expression.")


def not_supported(what: str) -> Fault:
    return Fault("UnsupportedSyntax", f"Encountered invalid syntax: {what} is not supported.")


def cast_failed() -> Fault:
    return Fault(
        "CastFailed",
        "Attempt to convert from one data type to another using CAST failed in the SQL expression.",
    )


def bad_arguments(name: str) -> Fault:
    return Fault(
        "EvaluatorInvalidArguments",
        f"Incorrect number of arguments or arguments of the wrong type in the function call {name} "
        "in the SQL expression.",
    )
