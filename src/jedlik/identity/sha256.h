/* SHA-256 (FIPS 180-4) for the short texts of a signature, where calling OpenSSL costs more than
 * hashing. Takes the CPU's own instructions where it has them. Compiled into seal.pyx only;
 * tests/unit/identity/test_seal.py holds it against hashlib. */
#ifndef JEDLIK_SHA256_H
#define JEDLIK_SHA256_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint32_t h[8];
    uint64_t length;     /* bytes taken so far */
    uint8_t block[64];   /* those of a block that is not full yet */
} jedlik_sha256;

static const uint32_t jedlik_sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#define JEDLIK_ROR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

static void jedlik_sha256_plain(uint32_t *h, const uint8_t *at, size_t blocks) {
    uint32_t w[64];
    for (; blocks; blocks--, at += 64) {
        for (int i = 0; i < 16; i++)
            w[i] = (uint32_t)at[4 * i] << 24 | (uint32_t)at[4 * i + 1] << 16 |
                   (uint32_t)at[4 * i + 2] << 8 | at[4 * i + 3];
        for (int i = 16; i < 64; i++) {
            uint32_t a = w[i - 15], b = w[i - 2];
            w[i] = w[i - 16] + (JEDLIK_ROR(a, 7) ^ JEDLIK_ROR(a, 18) ^ a >> 3) + w[i - 7] +
                   (JEDLIK_ROR(b, 17) ^ JEDLIK_ROR(b, 19) ^ b >> 10);
        }
        uint32_t s[8];
        memcpy(s, h, sizeof s);
        for (int i = 0; i < 64; i++) {
            uint32_t e = s[4], a = s[0];
            uint32_t one = s[7] + (JEDLIK_ROR(e, 6) ^ JEDLIK_ROR(e, 11) ^ JEDLIK_ROR(e, 25)) +
                           ((e & s[5]) ^ (~e & s[6])) + jedlik_sha256_k[i] + w[i];
            uint32_t two = (JEDLIK_ROR(a, 2) ^ JEDLIK_ROR(a, 13) ^ JEDLIK_ROR(a, 22)) +
                           ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
            s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + one;
            s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = one + two;
        }
        for (int i = 0; i < 8; i++) h[i] += s[i];
    }
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define JEDLIK_SHA256_X86 1
#include <cpuid.h>
#include <immintrin.h>

/* Four rounds at a time; the message's words are extended on the way (Intel, "SHA Extensions"). */
__attribute__((target("sha,sse4.1,ssse3")))
static void jedlik_sha256_x86(uint32_t *h, const uint8_t *at, size_t blocks) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
    /* The instructions want the state as ABEF and CDGH. */
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)h), 0xB1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(h + 4)), 0x1B);
    __m128i abef = _mm_alignr_epi8(low, high, 8);
    __m128i cdgh = _mm_blend_epi16(high, low, 0xF0);
    for (; blocks; blocks--, at += 64) {
        __m128i abef_before = abef, cdgh_before = cdgh, w[4];
        for (int i = 0; i < 16; i++) {
            __m128i words;
            if (i < 4) {
                words = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)at + i), swap);
            } else {
                __m128i oldest = w[i & 3], second = w[(i + 1) & 3];
                __m128i third = w[(i + 2) & 3], last = w[(i + 3) & 3];
                words = _mm_sha256msg1_epu32(oldest, second);
                words = _mm_add_epi32(words, _mm_alignr_epi8(last, third, 4));
                words = _mm_sha256msg2_epu32(words, last);
            }
            w[i & 3] = words;
            __m128i k = _mm_loadu_si128((const __m128i *)(jedlik_sha256_k + 4 * i));
            __m128i sum = _mm_add_epi32(words, k);
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    low = _mm_shuffle_epi32(abef, 0x1B);
    high = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)h, _mm_blend_epi16(low, high, 0xF0));
    _mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(high, low, 8));
}
#endif

static void (*jedlik_sha256_blocks)(uint32_t *, const uint8_t *, size_t) = jedlik_sha256_plain;

/* Chooses by what the CPU can; called once. `plain` is for tests. */
static int jedlik_sha256_choose(int plain) {
    jedlik_sha256_blocks = jedlik_sha256_plain;
#ifdef JEDLIK_SHA256_X86
    unsigned a, b, c, d;
    if (!plain && __get_cpuid(1, &a, &b, &c, &d) && (c >> 9 & 1) && (c >> 19 & 1) &&
        __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1)) {
        jedlik_sha256_blocks = jedlik_sha256_x86;
        return 1;
    }
#endif
    return 0;
}

static void jedlik_sha256_begin(jedlik_sha256 *s) {
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->h, first, sizeof first);
    s->length = 0;
}

static void jedlik_sha256_take(jedlik_sha256 *s, const uint8_t *at, size_t size) {
    size_t have = s->length & 63;
    s->length += size;
    if (have) {
        size_t more = 64 - have;
        if (more > size) more = size;
        memcpy(s->block + have, at, more);
        if (have + more < 64) return;
        jedlik_sha256_blocks(s->h, s->block, 1);
        at += more, size -= more;
    }
    if (size >= 64) jedlik_sha256_blocks(s->h, at, size >> 6);
    memcpy(s->block, at + (size & ~(size_t)63), size & 63);
}

static void jedlik_sha256_end(jedlik_sha256 *s, uint8_t *digest) {
    size_t have = s->length & 63;
    uint64_t bits = s->length << 3;
    s->block[have++] = 0x80;
    if (have > 56) {
        memset(s->block + have, 0, 64 - have);
        jedlik_sha256_blocks(s->h, s->block, 1);
        have = 0;
    }
    memset(s->block + have, 0, 56 - have);
    for (int i = 0; i < 8; i++) s->block[56 + i] = (uint8_t)(bits >> (56 - 8 * i));
    jedlik_sha256_blocks(s->h, s->block, 1);
    for (int i = 0; i < 8; i++) {
        digest[4 * i] = (uint8_t)(s->h[i] >> 24), digest[4 * i + 1] = (uint8_t)(s->h[i] >> 16);
        digest[4 * i + 2] = (uint8_t)(s->h[i] >> 8), digest[4 * i + 3] = (uint8_t)s->h[i];
    }
}

static void jedlik_hex(const uint8_t *digest, char *digits) {
    static const char all[] = "0123456789abcdef";
    for (int i = 0; i < 32; i++)
        digits[2 * i] = all[digest[i] >> 4], digits[2 * i + 1] = all[digest[i] & 15];
}

/* Whether 64 digits are the same, in a time that does not tell how many are. */
static int jedlik_same_digits(const char *a, const char *b) {
    unsigned char differs = 0;
    for (int i = 0; i < 64; i++) differs |= (unsigned char)(a[i] ^ b[i]);
    return !differs;
}

#endif
