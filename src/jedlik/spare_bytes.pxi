# Bytes to be written that were written before. Each module that includes this has its own spare.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF

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
