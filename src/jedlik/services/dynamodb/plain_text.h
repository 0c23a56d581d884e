/* Whether bytes are ASCII without control characters and backslashes, sixteen at a time. */
#include <stdint.h>
#include <string.h>

typedef signed char sixteen __attribute__((vector_size(16)));

static inline int jedlik_is_plain(const uint8_t *at, Py_ssize_t size) {
    sixteen odd = {0}, bytes;
    uint64_t halves[2];
    uint8_t last = 0;
    for (; size >= 16; at += 16, size -= 16) {
        memcpy(&bytes, at, 16);
        /* What is above 127 is negative here. */
        odd |= (sixteen)(bytes < 32) | (sixteen)(bytes == 92) | (sixteen)(bytes == 127);
    }
    for (; size > 0; at++, size--)
        last |= *at < 32 || *at > 126 || *at == 92;
    memcpy(halves, &odd, 16);
    return !(halves[0] | halves[1] | last);
}
