# Text of ASCII, whose characters lie in memory as its bytes: read there, and written there.

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    void *PyUnicode_DATA(object text)
    unicode PyUnicode_New(Py_ssize_t size, Py_UCS4 most)

cdef enum:
    DIGITS_MAX = 20


cdef inline char *_digits(size_t number, char *end) noexcept:
    """Write the number's digits, DIGITS_MAX at most, before `end`; where they begin."""
    while True:
        end -= 1
        end[0] = 48 + number % 10
        number //= 10
        if number == 0:
            return end
