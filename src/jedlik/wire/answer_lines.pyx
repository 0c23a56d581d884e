# The compiled form of answer_lines.py: the same text, by one copy of each part.

from libc.string cimport memcpy

include "jedlik/ascii_text.pxi"

cdef const char *_ID = b"x-amzn-RequestId: "
cdef const char *_CHECKSUM = b"x-amz-crc32: "


def answer_lines(
    str request_id not None, str more not None, unsigned int checksum, str content_line not None
):
    if not (
        PyUnicode_IS_COMPACT_ASCII(request_id)
        and PyUnicode_IS_COMPACT_ASCII(more)
        and PyUnicode_IS_COMPACT_ASCII(content_line)
    ):
        return (
            f"x-amzn-RequestId: {request_id}\r\n{more}x-amz-crc32: {checksum}\r\n{content_line}"
        )
    cdef char written[DIGITS_MAX]
    cdef const char *digits = _digits(checksum, written + DIGITS_MAX)
    cdef Py_ssize_t count = written + DIGITS_MAX - digits
    cdef Py_ssize_t ids = PyUnicode_GET_LENGTH(request_id)
    cdef Py_ssize_t mores = PyUnicode_GET_LENGTH(more)
    cdef Py_ssize_t types = PyUnicode_GET_LENGTH(content_line)
    made = PyUnicode_New(18 + ids + 2 + mores + 13 + count + 2 + types, 127)
    cdef char *at = <char *>PyUnicode_DATA(made)
    memcpy(at, _ID, 18)
    at += 18
    memcpy(at, PyUnicode_DATA(request_id), ids)
    at += ids
    memcpy(at, b"\r\n", 2)
    at += 2
    memcpy(at, PyUnicode_DATA(more), mores)
    at += mores
    memcpy(at, _CHECKSUM, 13)
    at += 13
    memcpy(at, digits, count)
    at += count
    memcpy(at, b"\r\n", 2)
    at += 2
    memcpy(at, PyUnicode_DATA(content_line), types)
    return made
