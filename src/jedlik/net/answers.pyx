# The compiled form of answers.py: the same bytes, by one copy of each part.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.string cimport memcpy

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    void *PyUnicode_DATA(object text)

cdef extern from "Python.h":
    ctypedef struct PyBytesObject:
        Py_hash_t ob_shash
    Py_ssize_t Py_REFCNT(PyObject *one)
    void Py_SET_SIZE(PyObject *one, Py_ssize_t size)

cdef enum:
    SPARE_MAX = 16384

cdef PyObject *_spare = NULL  # the last one made; who had it may have let go of it
cdef Py_ssize_t _capacity = 0


cdef bytes _room(Py_ssize_t size):
    """Bytes to be written: the spare ones if nobody else has them, for a block of this size is
    beyond what the allocators have at hand, and one that was just used is in the CPU's cache."""
    global _spare, _capacity
    cdef bytes made
    if size <= _capacity <= 2 * size and Py_REFCNT(_spare) == 1:
        Py_SET_SIZE(_spare, size)
        (<PyBytesObject *>_spare).ob_shash = -1
        made = <bytes>_spare
        PyBytes_AS_STRING(made)[size] = 0
        return made
    cdef Py_ssize_t capacity = (size + 255) & ~255
    if size < 512 or capacity > SPARE_MAX:
        return PyBytes_FromStringAndSize(NULL, size)
    made = PyBytes_FromStringAndSize(NULL, capacity)
    Py_SET_SIZE(<PyObject *>made, size)
    PyBytes_AS_STRING(made)[size] = 0
    Py_INCREF(made)
    Py_XDECREF(_spare)
    _spare = <PyObject *>made
    _capacity = capacity
    return made


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
