# The compiled form of rows.py: the same names, the same answers.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_SET_ITEM
from libc.string cimport memcmp

from jedlik.storage.waist import Row

cdef extern from *:
    """
    /* Keys are tuples, which are hashed anew each time: where CPython lets us, say what it is. */
    #if PY_VERSION_HEX < 0x030C0000
    #define key_hash(key) PyObject_Hash(key)
    #define get_hashed(table, key, hash) _PyDict_GetItem_KnownHash(table, key, hash)
    #define set_hashed(table, key, row, hash) _PyDict_SetItem_KnownHash(table, key, row, hash)
    #define next_hashed(table, at, key, row, hash) _PyDict_Next(table, at, key, row, hash)
    #else
    #define key_hash(key) 0
    #define get_hashed(table, key, hash) PyDict_GetItemWithError(table, key)
    #define set_hashed(table, key, row, hash) PyDict_SetItem(table, key, row)
    #define next_hashed(table, at, key, row, hash) PyDict_Next(table, at, key, row)
    #endif
    static PyObject *row_of(PyObject *type) { return ((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, 2); }
    """
    Py_hash_t key_hash(PyObject *key) except? -1
    PyObject *get_hashed(PyObject *table, PyObject *key, Py_hash_t hash) except? NULL
    int set_hashed(PyObject *table, PyObject *key, PyObject *row, Py_hash_t hash) except -1
    int next_hashed(PyObject *table, Py_ssize_t *at, PyObject **key, PyObject **row, Py_hash_t *hash)
    object row_of(PyObject *type)

cdef PyObject *_ROW = <PyObject *>Row
Py_INCREF(Row)

cdef enum:
    OVERHEAD = 600

ROW_OVERHEAD = OVERHEAD


def new_row(version, value):
    row = row_of(_ROW)
    Py_INCREF(version)
    PyTuple_SET_ITEM(row, 0, version)
    Py_INCREF(value)
    PyTuple_SET_ITEM(row, 1, value)
    return row


def find(tuple key not None, tuple tables not None, missing):
    cdef Py_hash_t hash = key_hash(<PyObject *>key)
    cdef PyObject *row
    cdef dict table
    for table in tables:
        if len(table):
            row = get_hashed(<PyObject *>table, <PyObject *>key, hash)
            if row is not NULL:
                return <object>row
    return missing


cdef inline int _order(PyObject *a, PyObject *b) except? -2:
    """Of two bytes: less than 0, 0, or more."""
    cdef object one = <object>a, other = <object>b
    cdef Py_ssize_t mine, theirs
    cdef int found
    if a is b:
        return 0
    if not (PyBytes_CheckExact(one) and PyBytes_CheckExact(other)):
        raise TypeError("a key's parts are bytes")
    mine, theirs = PyBytes_GET_SIZE(one), PyBytes_GET_SIZE(other)
    found = memcmp(PyBytes_AS_STRING(one), PyBytes_AS_STRING(other), min(mine, theirs))
    if found:
        return -1 if found < 0 else 1
    return (mine > theirs) - (mine < theirs)


cdef inline bint _is_less(tuple one, tuple other) except *:
    cdef int found
    cdef Py_ssize_t part
    if PyTuple_GET_ITEM(one, 0) is not PyTuple_GET_ITEM(other, 0):
        if one[0] != other[0]:
            return one[0] < other[0]
    for part in range(1, 4):
        found = _order(<PyObject *>PyTuple_GET_ITEM(one, part), <PyObject *>PyTuple_GET_ITEM(other, part))
        if found:
            return found < 0
    return False


def place(list keys not None, tuple key not None):
    cdef Py_ssize_t low = 0, high = len(keys), middle
    if len(key) != 4:
        raise TypeError("not a whole key")
    while low < high:
        middle = (low + high) // 2
        if _is_less(<tuple>keys[middle], key):
            low = middle + 1
        else:
            high = middle
    return low


def lay_over(dict table not None, dict group not None, is_new):
    cdef Py_ssize_t at = 0, size = 0
    cdef Py_hash_t hash = 0
    cdef PyObject *key
    cdef PyObject *row
    cdef PyObject *before
    while next_hashed(<PyObject *>group, &at, &key, &row, &hash):
        before = get_hashed(<PyObject *>table, key, hash)
        if before is NULL:
            is_new(<object>key)
            size += OVERHEAD + len((<tuple>key)[2]) + len((<tuple>key)[3])
        elif <object>before is not None:
            size -= len(<bytes>(<tuple>before)[1])
        set_hashed(<PyObject *>table, key, row, hash)
        if <object>row is not None:
            size += len(<bytes>(<tuple>row)[1])
    return size
