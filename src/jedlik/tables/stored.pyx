# The compiled form of stored.py: the same names, the same answers, each by one copy.

import orjson

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

include "jedlik/spare_bytes.pxi"


cdef class Stored:
    cdef public object version, value
    cdef object _item, _size

    def __init__(self, version, value, item=None, size=None):
        self.version = version
        self.value = value
        self._item = item
        self._size = size

    @property
    def size(self):
        if self._size is None:
            self._size = size_of(self.value)
        return self._size

    @property
    def json(self):
        return json_of(self.value)

    @property
    def item(self):
        if self._item is None:
            self._item = orjson.loads(json_of(self.value))
        return self._item


def pack(item, size):
    cdef bytes json = orjson.dumps(item)
    cdef Py_ssize_t length = PyBytes_GET_SIZE(json)
    cdef unsigned int number = size
    value = PyBytes_FromStringAndSize(NULL, 4 + length)
    cdef uint8_t *at = <uint8_t *>PyBytes_AS_STRING(value)
    for i in range(4):
        at[i] = number >> 8 * i & 255
    memcpy(at + 4, PyBytes_AS_STRING(json), length)
    return value


def json_of(bytes value not None):
    return value[4:]


def framed(bytes before not None, bytes value not None, bytes after not None):
    cdef Py_ssize_t first = PyBytes_GET_SIZE(before)
    cdef Py_ssize_t last = PyBytes_GET_SIZE(after)
    cdef Py_ssize_t length = max(PyBytes_GET_SIZE(value) - 4, 0)
    cdef bytes made = _room(first + length + last)
    cdef char *at = PyBytes_AS_STRING(made)
    memcpy(at, PyBytes_AS_STRING(before), first)
    memcpy(at + first, PyBytes_AS_STRING(value) + 4, length)
    memcpy(at + first + length, PyBytes_AS_STRING(after), last)
    return made


cpdef size_of(bytes value):
    cdef const uint8_t *at = <const uint8_t *>PyBytes_AS_STRING(value)
    if PyBytes_GET_SIZE(value) < 4:
        return int.from_bytes(value, "little")
    return at[0] | at[1] << 8 | at[2] << 16 | <unsigned int>at[3] << 24
