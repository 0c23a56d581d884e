# The compiled form of answers.py: the same bytes, by one copy of each part.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memcpy

include "jedlik/ascii_text.pxi"
include "jedlik/spare_bytes.pxi"

cdef const char *_LENGTH = b"Content-Length: "
cdef const char *_END = b"\r\n\r\n"


def ordinary(str start not None, str lines not None, bytes body not None):
    if not PyUnicode_IS_COMPACT_ASCII(start) or not PyUnicode_IS_COMPACT_ASCII(lines):
        return f"{start}{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body
    cdef Py_ssize_t first = PyUnicode_GET_LENGTH(start)
    cdef Py_ssize_t second = PyUnicode_GET_LENGTH(lines)
    cdef Py_ssize_t length = PyBytes_GET_SIZE(body)
    cdef char written[DIGITS_MAX]
    cdef const char *digits = _digits(length, written + DIGITS_MAX)
    cdef Py_ssize_t count = written + DIGITS_MAX - digits
    cdef bytes made = _room(first + second + 16 + count + 4 + length)
    cdef char *at = PyBytes_AS_STRING(made)
    memcpy(at, PyUnicode_DATA(start), first)
    at += first
    memcpy(at, PyUnicode_DATA(lines), second)
    at += second
    memcpy(at, _LENGTH, 16)
    at += 16
    memcpy(at, digits, count)
    at += count
    memcpy(at, _END, 4)
    memcpy(at + 4, PyBytes_AS_STRING(body), length)
    return made
