# The compiled form of sqlite_encoding.py: the same name, the same bytes.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.tuple cimport PyTuple_GET_ITEM
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from jedlik.storage.sqlite_record import (
    CHANGE as CHANGE_,
    CHANGE_HEAD,
    CHECK,
    DELETE as DELETE_,
    DROP as DROP_,
    FIGURES,
    HEAD,
    HEAD_BYTES,
    MAGIC,
    PUT as PUT_,
    ROW,
    TALLY as TALLY_,
    TRIM as TRIM_,
    crc32,
)

cdef Py_ssize_t HEAD_SIZE = HEAD.size, AHEAD = HEAD_BYTES, ROW_SIZE = ROW.size
cdef unsigned char PUT = PUT_, DELETE = DELETE_


cdef inline char *_number(char *at, uint64_t number, int size) noexcept:
    """The lowest byte first."""
    cdef int i
    for i in range(size):
        at[i] = <char>(number >> 8 * i & 255)
    return at + size


cdef inline char *_copied(char *at, bytes part) noexcept:
    cdef Py_ssize_t size = PyBytes_GET_SIZE(part)
    memcpy(at, PyBytes_AS_STRING(part), size)
    return at + size


cdef list _others(group):
    """Everything but rows."""
    parts = []
    for space, part, record in group.changes:
        parts += (CHANGE_HEAD.pack(CHANGE_, space, part, len(record)), record)
    for space, (rows, size) in group.tallies.items():
        parts.append(FIGURES.pack(TALLY_, space, rows, size))
    for space, part, upto in group.trims:
        parts.append(FIGURES.pack(TRIM_, space, part, upto))
    for space in group.drops:
        parts.append(FIGURES.pack(DROP_, space, 0, 0))
    return parts


def encode(group, *, secret, serial, previous, synced):
    cdef dict rows = group.rows
    cdef list others = _others(group)
    cdef Py_ssize_t length = 0
    cdef tuple key
    cdef bytes token, sort, sub, value, part, made
    cdef char *at
    cdef uint16_t token_size
    cdef uint32_t sort_size, sub_size, value_size
    cdef int64_t space, version
    for key, row in rows.items():
        _, token, sort, sub = key
        length += ROW_SIZE + len(token) + len(sort) + len(sub)
        if row is not None:
            length += len(<bytes?>(<tuple>row)[1])
    for part in others:
        length += len(part)
    made = PyBytes_FromStringAndSize(NULL, AHEAD + length)
    at = PyBytes_AS_STRING(made) + AHEAD
    for key, row in rows.items():
        space, token, sort, sub = key
        token_size, sort_size, sub_size = len(token), len(sort), len(sub)
        if len(token) != token_size or len(sort) != sort_size or len(sub) != sub_size:
            raise OverflowError("a key is too long")
        version = value_size = 0
        value = b""
        if row is not None:
            version, value = row
            value_size = len(value)
            if len(value) != value_size:
                raise OverflowError("a value is too long")
        at[0] = <char>(DELETE if row is None else PUT)
        at = _number(at + 1, <uint64_t>space, 8)
        at = _number(at, <uint64_t>version, 8)
        at = _number(at, token_size, 2)
        at = _number(at, sort_size, 4)
        at = _number(at, sub_size, 4)
        at = _number(at, value_size, 4)
        at = _copied(at, token)
        at = _copied(at, sort)
        at = _copied(at, sub)
        at = _copied(at, value)
    for part in others:
        at = _copied(at, part)
    head = HEAD.pack(MAGIC, length, serial, previous, synced, group.version)
    check = crc32(memoryview(made)[AHEAD:], crc32(head, secret))
    at = _copied(PyBytes_AS_STRING(made), head)
    _copied(at, CHECK.pack(check))
    return made
