# The compiled form of request_ids.py: the same names, the same answers.

from libc.stdint cimport int64_t
from libc.string cimport memcpy

cdef extern from "Python.h":
    void *PyUnicode_DATA(object text)
    unicode PyUnicode_New(Py_ssize_t size, Py_UCS4 most)

cdef const char *_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUV"
cdef enum:
    RANDOM = 38
    DIGITS = 14
cdef int64_t _FIRST = 10_000_000_000_000


cdef class RequestIds:
    cdef char _next[RANDOM + DIGITS]

    def __init__(self, random):
        cdef bytes drawn = random(RANDOM)
        cdef int i
        for i in range(RANDOM):
            self._next[i] = _ALPHABET[drawn[i] & 31]
        cdef int64_t number = _FIRST
        for i in range(DIGITS):
            self._next[RANDOM + DIGITS - 1 - i] = 48 + number % 10
            number //= 10

    def next(self):
        made = PyUnicode_New(RANDOM + DIGITS, 127)
        memcpy(PyUnicode_DATA(made), self._next, RANDOM + DIGITS)
        cdef int at = RANDOM + DIGITS - 1
        while self._next[at] == 57 and at >= RANDOM:
            self._next[at] = 48
            at -= 1
        self._next[at] += 1
        return made
