#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Fingerprint of one fact; two facts sharing one is as likely as 2^-64 a pair. */
struct fingerprint {
    uint64_t low;
    uint64_t high;
};

/**
 * Set of the facts that were written. It grows up to a bound and is then emptied: facts are written a second
 * time rather than lost.
 */
struct unique {
    struct fingerprint *slots;
    size_t capacity;
    size_t capacity_limit;
    size_t count;
    uint64_t seed;
};

/** `capacity_limit`: slots of 16 bytes, a power of two. Returns a negative errno. */
int unique_init(struct unique *unique, size_t capacity_limit, uint64_t seed);
void unique_free(struct unique *unique);

/** Fingerprint of some integers and bytes. */
struct fingerprint unique_fingerprint(const struct unique *unique, const uint64_t *integers, size_t count,
                                      const void *bytes, size_t length);

/** Where a fingerprint belongs. Valid until the next one is added. */
struct unique_place {
    struct fingerprint *slot;
    struct fingerprint fingerprint;
};

/** Looks for a fingerprint; when it is not there, `place` is where unique_put puts it. */
bool unique_find(const struct unique *unique, struct fingerprint fingerprint, struct unique_place *place);
void unique_put(struct unique *unique, const struct unique_place *place);

bool unique_has(const struct unique *unique, struct fingerprint fingerprint);
void unique_add(struct unique *unique, struct fingerprint fingerprint);
