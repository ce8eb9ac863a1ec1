#include "unique.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_CAPACITY = 16384, GROWTH = 4 };

/** `flags`: MAP_POPULATE for a table that is filled at once. */
static struct fingerprint *map_slots(size_t capacity, int flags)
{
    void *memory = mmap(NULL, capacity * sizeof(struct fingerprint), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

int unique_init(struct unique *unique, size_t capacity_limit, uint64_t seed)
{
    size_t capacity = capacity_limit < FIRST_CAPACITY ? capacity_limit : FIRST_CAPACITY;
    *unique = (struct unique){.capacity = capacity, .capacity_limit = capacity_limit, .seed = seed};
    unique->slots = map_slots(capacity, 0);
    return unique->slots == NULL ? -ENOMEM : 0;
}

void unique_free(struct unique *unique)
{
    munmap(unique->slots, unique->capacity * sizeof *unique->slots);
    unique->slots = NULL;
}

/** Halves of the 128-bit product, mixed: one multiplication spreads every bit of both. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void absorb(struct fingerprint *state, uint64_t word)
{
    state->low = mix(state->low ^ word, 0x9E3779B97F4A7C15u);
    state->high = mix(state->high + word, 0xC2B2AE3D27D4EB4Fu) ^ word;
}

struct fingerprint unique_fingerprint(const struct unique *unique, const uint64_t *integers, size_t count,
                                      const void *bytes, size_t length)
{
    struct fingerprint state = {unique->seed, ~unique->seed};
    for (size_t i = 0; i < count; i++) {
        absorb(&state, integers[i]);
    }
    const char *at = bytes;
    for (size_t left = length; left > 0;) {
        uint64_t word = 0;
        size_t take = left < sizeof word ? left : sizeof word;
        memcpy(&word, at, take);
        absorb(&state, word);
        at += take;
        left -= take;
    }
    absorb(&state, length);
    // Zero marks an empty slot.
    state.low |= state.low == 0 && state.high == 0;
    return state;
}

static bool is_empty(const struct fingerprint *slot)
{
    return slot->low == 0 && slot->high == 0;
}

/** The slot of a fingerprint, or the empty one where it belongs. */
static struct fingerprint *find(struct fingerprint *slots, size_t capacity, struct fingerprint fingerprint)
{
    size_t at = fingerprint.low & (capacity - 1);
    while (!is_empty(&slots[at]) &&
           (slots[at].low != fingerprint.low || slots[at].high != fingerprint.high)) {
        at = (at + 1) & (capacity - 1);
    }
    return &slots[at];
}

static void make_room(struct unique *unique)
{
    if (unique->count < unique->capacity / 2) {
        return;
    }
    size_t larger = unique->capacity * GROWTH;
    if (larger > unique->capacity_limit) {
        larger = unique->capacity_limit;
    }
    struct fingerprint *slots = larger > unique->capacity ? map_slots(larger, MAP_POPULATE) : NULL;
    if (slots == NULL) {
        memset(unique->slots, 0, unique->capacity * sizeof *unique->slots);
        unique->count = 0;
        return;
    }
    for (size_t i = 0; i < unique->capacity; i++) {
        if (!is_empty(&unique->slots[i])) {
            *find(slots, larger, unique->slots[i]) = unique->slots[i];
        }
    }
    munmap(unique->slots, unique->capacity * sizeof *unique->slots);
    unique->slots = slots;
    unique->capacity = larger;
}

bool unique_find(const struct unique *unique, struct fingerprint fingerprint, struct unique_place *place)
{
    place->slot = find(unique->slots, unique->capacity, fingerprint);
    place->fingerprint = fingerprint;
    return !is_empty(place->slot);
}

void unique_put(struct unique *unique, const struct unique_place *place)
{
    *place->slot = place->fingerprint;
    unique->count++;
    make_room(unique);
}

bool unique_has(const struct unique *unique, struct fingerprint fingerprint)
{
    struct unique_place place;
    return unique_find(unique, fingerprint, &place);
}

void unique_add(struct unique *unique, struct fingerprint fingerprint)
{
    struct unique_place place;
    if (!unique_find(unique, fingerprint, &place)) {
        unique_put(unique, &place);
    }
}
