# The compiled form of clock.py: the same names, the same answers, with numbers of C.

from libc.stdint cimport int64_t
from posix.time cimport CLOCK_REALTIME, clock_gettime, timespec
from typing import Protocol

NODE_BITS = 10
COUNTER_BITS = 11
VERSIONS_PER_MS = 1 << (NODE_BITS + COUNTER_BITS)

cdef enum:
    NODE = 10
    BELOW_MS = 21


class Clock(Protocol):
    def now_ms(self):
        ...


cdef int64_t _now_ms() noexcept:
    cdef timespec now
    clock_gettime(CLOCK_REALTIME, &now)
    return <int64_t>now.tv_sec * 1000 + now.tv_nsec // 1_000_000


cdef class SystemClock:
    def now_ms(self):
        return _now_ms()


def last_version_of(at_ms):
    return (at_ms + 1) * VERSIONS_PER_MS - 1


cdef class VersionSource:
    cdef object _clock_ms
    cdef bint _is_system
    cdef int64_t _node, _last

    def __init__(self, clock, node=0):
        self._is_system = type(clock) is SystemClock
        self._clock_ms = clock.now_ms
        self._node = node & ((1 << NODE) - 1)
        self._last = 0

    def next(self, int64_t after=0):
        cdef int64_t now_ms = _now_ms() if self._is_system else self._clock_ms()
        if now_ms >> (63 - BELOW_MS):
            raise OverflowError("versions are numbers of 64 bits")
        cdef int64_t version = now_ms << BELOW_MS | self._node
        cdef int64_t floor = self._last if self._last > after else after
        if version <= floor:
            version = ((floor >> NODE) + 1) << NODE | self._node
        self._last = version
        return version
