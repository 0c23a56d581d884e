# The compiled form of stepping.py: the same name, the same answers, without a StopIteration.

from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF

cdef extern from "Python.h":
    # PYGEN_RETURN, PYGEN_ERROR or PYGEN_NEXT: 0, -1 or 1
    int PyIter_Send(object coroutine, object sent, PyObject **found) except -1


def step(coroutine):
    cdef PyObject *given = NULL
    cdef int how = PyIter_Send(coroutine, None, &given)
    found = <object>given
    Py_DECREF(found)  # it was given to us, and `found` has a reference of its own
    return how == 0, found
