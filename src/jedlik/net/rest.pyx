# The compiled form of rest.py: the same names, the same answers, by one pass over the bytes.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memchr, memcmp

# What a value may be, as layout.py has it for the pattern of a header.
cdef enum:
    ANYTHING
    LENGTH
    KEEP_ALIVE
    HOST


cdef class Rest:
    cdef readonly bint has_length
    cdef tuple _starts  # of the lines: "name: "
    cdef tuple _kinds
    cdef int _count

    def __init__(self, names):
        kinds = {b"content-length": LENGTH, b"connection": KEEP_ALIVE, b"host": HOST}
        self._starts = tuple([bytes(name) + b": " for name in names])
        self._kinds = tuple([kinds.get(name.lower(), ANYTHING) for name in names])
        self._count = len(self._starts)
        self.has_length = LENGTH in self._kinds

    def read(self, bytes data not None, bytes beginning not None, Py_ssize_t length):
        cdef const char *all = PyBytes_AS_STRING(data)
        cdef const char *end = all + PyBytes_GET_SIZE(data)
        cdef Py_ssize_t start = PyBytes_GET_SIZE(beginning)
        cdef Py_ssize_t size
        cdef const char *at
        cdef const char *stop
        cdef bytes line
        cdef int i, kind
        if PyBytes_GET_SIZE(data) < start or memcmp(all, PyBytes_AS_STRING(beginning), start):
            return None
        at = all + start
        stop = _line_end(at, end)
        if stop == NULL:
            return None
        varying = PyBytes_FromStringAndSize(at, stop - at)
        at = stop + 2
        for i in range(self._count):
            line = <bytes>self._starts[i]
            size = PyBytes_GET_SIZE(line)
            if end - at < size or memcmp(at, PyBytes_AS_STRING(line), size):
                return None
            at += size
            stop = _line_end(at, end)
            if stop == NULL or stop == at or at[0] == 32 or at[0] == 9:
                return None
            kind = self._kinds[i]
            if kind == LENGTH:
                length = _whole(at, stop)
                if length < 0:
                    return None
            elif kind == KEEP_ALIVE:
                if not _is_keep_alive(at, stop):
                    return None
            elif kind == HOST:
                if not _is_visible(at, stop):
                    return None
            at = stop + 2
        if end - at < 2 or at[0] != 13 or at[1] != 10:
            return None
        at += 2
        if end - at != length:
            return None
        return varying, PyBytes_FromStringAndSize(at, length)


cdef const char *_line_end(const char *at, const char *end) noexcept:
    """Where CRLF stands; NULL if there is none, or a stray CR, LF or NUL before it."""
    cdef const char *stop = <const char *>memchr(at, 13, end - at)
    if stop == NULL or stop + 1 >= end or stop[1] != 10:
        return NULL
    if memchr(at, 10, stop - at) != NULL or memchr(at, 0, stop - at) != NULL:
        return NULL
    return stop


cdef Py_ssize_t _whole(const char *at, const char *stop) noexcept:
    """One to nine digits as a number; -1 if it is something else."""
    cdef Py_ssize_t number = 0
    if stop - at > 9:
        return -1
    while at < stop:
        if at[0] < 48 or at[0] > 57:
            return -1
        number = number * 10 + (at[0] - 48)
        at += 1
    return number


cdef bint _is_keep_alive(const char *at, const char *stop) noexcept:
    cdef const char *wanted = b"keep-alive"
    cdef int i
    if stop - at != 10:
        return False
    for i in range(10):
        if wanted[i] != (at[i] if wanted[i] == 45 else at[i] | 32):
            return False
    return True


cdef bint _is_visible(const char *at, const char *stop) noexcept:
    while at < stop:
        if at[0] < 33 or at[0] > 126:
            return False
        at += 1
    return True
