# The compiled form of item_forms.py: the same names, the same answers, by one pass over the bytes.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport uint8_t
from libc.string cimport memchr, memcmp, memcpy

from jedlik.values.numbers import DIGITS_MAX, number_size

cdef extern from "plain_text.h":
    bint jedlik_is_plain(const uint8_t *at, Py_ssize_t size) nogil

cdef enum:
    TEXT
    NUMBER
    TRUTH

cdef Py_ssize_t DIGITS = DIGITS_MAX


cdef bint _is_text(const uint8_t *content, Py_ssize_t size) except -1:
    """Whether a string is written as it is, by who sends it and in storage."""
    cdef Py_ssize_t i
    if jedlik_is_plain(content, size):
        return True
    for i in range(size):
        if content[i] < 32 or content[i] == 92 or content[i] == 127:
            return False
    try:
        PyUnicode_DecodeUTF8(<const char *>content, size, NULL)
    except UnicodeDecodeError:
        return False
    return True


cdef Py_ssize_t _size_of_number(const uint8_t *at, Py_ssize_t size) except -2:
    """By DynamoDB's accounting, of a number in plain form; -1 for any other text."""
    cdef const uint8_t *first = at
    cdef const uint8_t *end = at + size
    cdef Py_ssize_t taken = 1, digits, zeros = 0
    if not 0 < size <= DIGITS:
        return -1
    if at[0] == 45:
        taken = 2
        at += 1
        if at == end:
            return -1
    cdef const uint8_t *whole = at
    while at < end and 48 <= at[0] <= 57:
        zeros = zeros + 1 if at[0] == 48 else 0
        at += 1
    digits = at - whole
    if digits == 0 or (whole[0] == 48 and digits > 1):
        return -1
    if at == end:
        if whole[0] == 48:
            return 1 if taken == 1 else -1
        return taken + (digits + 1) // 2 - zeros // 2
    if at[0] != 46 or end[-1] < 49 or end[-1] > 57:
        return -1
    at += 1
    while at < end:
        if not 48 <= at[0] <= 57:
            return -1
        at += 1
    return number_size((<const char *>first)[:size].decode("ascii"))


cdef class ItemForm:
    cdef bytes _first, _start
    cdef bytes _kinds
    cdef tuple _pieces, _stored
    cdef Py_ssize_t _size, _partition, _sort, _more

    def __init__(self, kinds, pieces, stored, size, partition, sort):
        first, *others = pieces
        start, *ends = stored
        if not len(kinds) == len(others) == len(ends):
            raise ValueError("as many pieces follow as there are values")
        self._first, self._start = first, start
        self._kinds = bytes([("S", "N", "BOOL").index(kind) for kind in kinds])
        self._pieces = tuple([bytes(each) for each in others])
        self._stored = tuple([bytes(each) for each in ends])
        self._size, self._partition, self._sort = size, partition, sort
        # How much longer than the body what is stored is, for the values are as long in both.
        self._more = 4 + sum([len(each) for each in stored]) - sum([len(each) for each in pieces])

    def read(self, bytes body not None):
        cdef const char *at = PyBytes_AS_STRING(body)
        cdef const char *end = at + PyBytes_GET_SIZE(body)
        cdef const char *start
        cdef Py_ssize_t length = PyBytes_GET_SIZE(self._first)
        cdef Py_ssize_t room = PyBytes_GET_SIZE(body) + self._more
        cdef Py_ssize_t size = self._size, count, number, taken
        cdef char kind
        cdef bytes piece, made, partition = b"", sort = b""
        cdef char *to
        if room < 4 or end - at < length or memcmp(at, PyBytes_AS_STRING(self._first), length):
            return None
        at += length
        made = PyBytes_FromStringAndSize(NULL, room)
        to = PyBytes_AS_STRING(made) + 4
        length = PyBytes_GET_SIZE(self._start)
        room -= 4 + length
        if room < 0:
            return None
        memcpy(to, PyBytes_AS_STRING(self._start), length)
        to += length
        for number in range(PyBytes_GET_SIZE(self._kinds)):
            kind = PyBytes_AS_STRING(self._kinds)[number]
            start = at
            if kind == TRUTH:
                count = 4 if end - at >= 4 and not memcmp(at, b"true", 4) else 5
                if count == 5 and (end - at < 5 or memcmp(at, b"false", 5)):
                    return None
            else:
                at = <const char *>memchr(at, 34, end - at)
                if at == NULL:
                    return None
                count = at - start
                if kind == TEXT:
                    if not _is_text(<const uint8_t *>start, count):
                        return None
                    size += count
                else:
                    taken = _size_of_number(<const uint8_t *>start, count)
                    if taken < 0:
                        return None
                    size += taken
                if number == self._partition:
                    partition = PyBytes_FromStringAndSize(start, count)
                elif number == self._sort:
                    sort = PyBytes_FromStringAndSize(start, count)
            at = start + count
            piece = <bytes>self._pieces[number]
            length = PyBytes_GET_SIZE(piece)
            if end - at < length or memcmp(at, PyBytes_AS_STRING(piece), length):
                return None
            at += length
            piece = <bytes>self._stored[number]
            length = PyBytes_GET_SIZE(piece)
            room -= count + length
            if room < 0:
                return None
            memcpy(to, start, count)
            memcpy(to + count, PyBytes_AS_STRING(piece), length)
            to += count + length
        if at != end or room:
            return None
        to = PyBytes_AS_STRING(made)
        for number in range(4):
            to[number] = size >> 8 * number & 255
        return made, size, partition, sort
