#include "calls.h"

#include <string.h>

#include "generated/syscall_numbers.h"

#define LOOK1(name, directory, path, flags) {NUMBERS_##name, CALL_PATH, directory, path, -1, -1, flags, -1, true},
#define PATH1(name, directory, path, flags) {NUMBERS_##name, CALL_PATH, directory, path, -1, -1, flags, -1, false},
#define PATH2(name, directory, path, directory2, path2, flags)                                               \
    {NUMBERS_##name, CALL_PATH, directory, path, directory2, path2, flags, -1, false},
#define SPECIAL(name, kind) {NUMBERS_##name, kind, -1, -1, -1, -1, -1, -1, false},
#define VALUE(name, argument) {NUMBERS_##name, CALL_VALUE, -1, -1, -1, -1, -1, argument, false},

static const struct call calls[] = {
#include "calls.def"
};

enum { CALL_COUNT = sizeof calls / sizeof calls[0] };

_Static_assert(CALL_COUNT < UINT8_MAX, "the index holds bytes");

#define X(name, arguments) {NUMBERS_##name, {true, false, arguments, LOOK_NOTHING, 0}},
#define C(name, arguments) {NUMBERS_##name, {true, true, arguments, LOOK_NOTHING, 0}},
#define L(name, arguments, look, pointer) {NUMBERS_##name, {true, false, arguments, look, pointer}},
static const struct {
    int32_t numbers[ARCH_COUNT];
    struct call_report report;
} privileged[] = {
#include "privileged.def"
};
#undef X
#undef C
#undef L

static void index_reports(struct call_report *column, enum arch arch)
{
    for (size_t i = 0; i < sizeof privileged / sizeof privileged[0]; i++) {
        int32_t number = privileged[i].numbers[arch];
        if (number >= 0 && number < CALLS_INDEXED) {
            column[number] = privileged[i].report;
        }
    }
}

static void index_column(uint8_t *column, enum arch arch)
{
    memset(column, UINT8_MAX, CALLS_INDEXED);
    for (uint8_t i = 0; i < CALL_COUNT; i++) {
        int32_t number = calls[i].numbers[arch];
        if (number >= 0 && number < CALLS_INDEXED) {
            column[number] = i;
        }
    }
}

void calls_index(struct call_index *index)
{
    index_column(index->native, ARCH_NATIVE);
    index_column(index->compat, ARCH_COMPAT);
    index_reports(index->native_reports, ARCH_NATIVE);
    index_reports(index->compat_reports, ARCH_COMPAT);
}

const struct call *calls_find(const struct call_index *index, enum arch arch, uint32_t number)
{
    if (number >= CALLS_INDEXED) {
        return NULL;
    }
    uint8_t position = (arch == ARCH_NATIVE ? index->native : index->compat)[number];
    return position == UINT8_MAX ? NULL : &calls[position];
}

struct call_report calls_report(const struct call_index *index, enum arch arch, uint32_t number)
{
    if (number >= CALLS_INDEXED) {
        return (struct call_report){.wanted = false};
    }
    return (arch == ARCH_NATIVE ? index->native_reports : index->compat_reports)[number];
}
