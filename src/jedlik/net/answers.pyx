# The compiled form of answers.py: the same bytes, by one copy of each part.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    void *PyUnicode_DATA(object text)

cdef const char *_LENGTH = b"Content-Length: "
cdef const char *_END = b"\r\n\r\n"


def ordinary(str start not None, str lines not None, bytes body not None):
    if not PyUnicode_IS_COMPACT_ASCII(start) or not PyUnicode_IS_COMPACT_ASCII(lines):
        return f"{start}{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body
    cdef Py_ssize_t first = PyUnicode_GET_LENGTH(start)
    cdef Py_ssize_t second = PyUnicode_GET_LENGTH(lines)
    cdef Py_ssize_t length = PyBytes_GET_SIZE(body)
    cdef char written[20]
    cdef char *digits = written + 20
    cdef Py_ssize_t rest = length
    while True:
        digits -= 1
        digits[0] = 48 + rest % 10
        rest //= 10
        if rest == 0:
            break
    cdef Py_ssize_t count = written + 20 - digits
    made = PyBytes_FromStringAndSize(NULL, first + second + 16 + count + 4 + length)
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
