/* BLAKE2b (RFC 7693) of 16 bytes, without a key, for the few bytes of a partition key. Compiled into
 * tokens.pyx only; tests/unit/values/test_tokens.py holds it against hashlib. */
#ifndef JEDLIK_BLAKE2B_H
#define JEDLIK_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const uint64_t jedlik_blake2b_iv[8] = {
    0x6a09e667f3bcc908ULL, 0xbb67ae8584caa73bULL, 0x3c6ef372fe94f82bULL, 0xa54ff53a5f1d36f1ULL,
    0x510e527fade682d1ULL, 0x9b05688c2b3e6c1fULL, 0x1f83d9abfb41bd6bULL, 0x5be0cd19137e2179ULL};

#define JEDLIK_ROR64(x, n) (((x) >> (n)) | ((x) << (64 - (n))))
#define JEDLIK_G(a, b, c, d, x, y) \
    a += b + (x); d = JEDLIK_ROR64(d ^ a, 32); c += d; b = JEDLIK_ROR64(b ^ c, 24); \
    a += b + (y); d = JEDLIK_ROR64(d ^ a, 16); c += d; b = JEDLIK_ROR64(b ^ c, 63);
/* One round; the sixteen numbers say in which order the words of the block are taken. */
#define JEDLIK_ROUND(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q) \
    JEDLIK_G(v0, v4, v8, vc, m[a], m[b]) JEDLIK_G(v1, v5, v9, vd, m[c], m[d]) \
    JEDLIK_G(v2, v6, va, ve, m[e], m[f]) JEDLIK_G(v3, v7, vb, vf, m[g], m[h]) \
    JEDLIK_G(v0, v5, va, vf, m[i], m[j]) JEDLIK_G(v1, v6, vb, vc, m[k], m[l]) \
    JEDLIK_G(v2, v7, v8, vd, m[n], m[o]) JEDLIK_G(v3, v4, v9, ve, m[p], m[q])

/* taken: bytes up to the end of this block. */
static void jedlik_blake2b_block(uint64_t *s, const uint8_t *at, uint64_t taken, int last) {
    uint64_t m[16];
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(m, at, 128);
#else
    for (int i = 0; i < 16; i++) {
        m[i] = 0;
        for (int j = 7; j >= 0; j--) m[i] = m[i] << 8 | at[8 * i + j];
    }
#endif
    const uint64_t *iv = jedlik_blake2b_iv;
    uint64_t v0 = s[0], v1 = s[1], v2 = s[2], v3 = s[3], v4 = s[4], v5 = s[5], v6 = s[6], v7 = s[7];
    uint64_t v8 = iv[0], v9 = iv[1], va = iv[2], vb = iv[3];
    uint64_t vc = iv[4] ^ taken, vd = iv[5], ve = last ? ~iv[6] : iv[6], vf = iv[7];
    JEDLIK_ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    JEDLIK_ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
    JEDLIK_ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)
    JEDLIK_ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)
    JEDLIK_ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)
    JEDLIK_ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)
    JEDLIK_ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)
    JEDLIK_ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)
    JEDLIK_ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)
    JEDLIK_ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)
    JEDLIK_ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    JEDLIK_ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
    s[0] ^= v0 ^ v8, s[1] ^= v1 ^ v9, s[2] ^= v2 ^ va, s[3] ^= v3 ^ vb;
    s[4] ^= v4 ^ vc, s[5] ^= v5 ^ vd, s[6] ^= v6 ^ ve, s[7] ^= v7 ^ vf;
}

static void jedlik_blake2b_16(const uint8_t *at, size_t size, uint8_t *digest) {
    uint64_t s[8], taken = 0;
    uint8_t block[128];
    memcpy(s, jedlik_blake2b_iv, sizeof s);
    s[0] ^= 0x01010000 ^ 16; /* depth and fanout 1, no key, sixteen bytes of digest */
    for (; size > 128; at += 128, size -= 128) {
        taken += 128;
        jedlik_blake2b_block(s, at, taken, 0);
    }
    memset(block, 0, sizeof block);
    if (size) memcpy(block, at, size);
    jedlik_blake2b_block(s, block, taken + size, 1);
    for (int i = 0; i < 16; i++) digest[i] = (uint8_t)(s[i / 8] >> 8 * (i % 8));
}

#endif
