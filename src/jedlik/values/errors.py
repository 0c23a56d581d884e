"""What values and expressions raise; services turn them into AWS's error answers."""

from __future__ import annotations


class Invalid(Exception):
    """A value or an expression AWS refuses with ValidationException; `message` is AWS's text."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Malformed(Exception):
    """JSON of the wrong kind (a number where text must be, text that is not base64).

    AWS answers SerializationException, and looks for it before anything else; the exact text
    for a wrong JSON kind is found by the api layer's deep check of the whole request.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
