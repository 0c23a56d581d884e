# The compiled form of seal.py: the same names, the same answers, on C's own states.

from hashlib import sha256 as _openssl
from binascii import hexlify as _hexlify

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "sha256.h" nogil:
    ctypedef struct jedlik_sha256:
        uint32_t h[8]
        uint64_t length
        uint8_t block[64]
    int jedlik_sha256_choose(int plain)
    void jedlik_sha256_begin(jedlik_sha256 *s)
    void jedlik_sha256_take(jedlik_sha256 *s, const uint8_t *at, size_t size)
    void jedlik_sha256_end(jedlik_sha256 *s, uint8_t *digest)
    void jedlik_hex(const uint8_t *digest, char *digits)
    int jedlik_same_digits(const char *a, const char *b)

cdef Py_ssize_t _OWN_BYTES_MAX = 16384  # from here on OpenSSL's setting up is paid back

jedlik_sha256_choose(0)


def choose(bint plain):
    """For tests: whether to hash without the CPU's own instructions. True if it has them."""
    return bool(jedlik_sha256_choose(plain))


def payload_hash(bytes body not None):
    cdef jedlik_sha256 state
    cdef uint8_t digest[32]
    cdef bytes digits
    cdef Py_ssize_t size = PyBytes_GET_SIZE(body)
    if size > _OWN_BYTES_MAX:
        return _hexlify(_openssl(body).digest())
    jedlik_sha256_begin(&state)
    jedlik_sha256_take(&state, <const uint8_t *>PyBytes_AS_STRING(body), size)
    jedlik_sha256_end(&state, digest)
    digits = PyBytes_FromStringAndSize(NULL, 64)
    jedlik_hex(digest, PyBytes_AS_STRING(digits))
    return digits


cdef void _begin(jedlik_sha256 *state, bytes text):
    jedlik_sha256_begin(state)
    jedlik_sha256_take(state, <const uint8_t *>PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))


cdef class Seal:
    cdef double _first_s, _last_s
    cdef jedlik_sha256 _canonical
    cdef jedlik_sha256 _inner
    cdef jedlik_sha256 _outer

    def __init__(
        self, bytes canonical not None, bytes text not None, key, double first_s, double last_s
    ):
        self._first_s = first_s
        self._last_s = last_s
        _begin(&self._canonical, canonical)
        _begin(&self._inner, key.inner_block)
        jedlik_sha256_take(
            &self._inner, <const uint8_t *>PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text)
        )
        _begin(&self._outer, key.outer_block)

    def fits(self, bytes payload not None, bytes digits not None, double now):
        cdef jedlik_sha256 state
        cdef uint8_t digest[32]
        cdef char written[64]
        if not (self._first_s <= now <= self._last_s):
            return False
        if PyBytes_GET_SIZE(digits) != 64:
            return False
        state = self._canonical
        jedlik_sha256_take(
            &state, <const uint8_t *>PyBytes_AS_STRING(payload), PyBytes_GET_SIZE(payload)
        )
        jedlik_sha256_end(&state, digest)
        jedlik_hex(digest, written)
        state = self._inner
        jedlik_sha256_take(&state, <const uint8_t *>written, 64)
        jedlik_sha256_end(&state, digest)
        state = self._outer
        jedlik_sha256_take(&state, digest, 32)
        jedlik_sha256_end(&state, digest)
        jedlik_hex(digest, written)
        return jedlik_same_digits(written, PyBytes_AS_STRING(digits)) != 0
