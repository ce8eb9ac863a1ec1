#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "arch.h"

enum call_kind {
    CALL_PATH,
    /** Its flags are in a struct open_how. */
    CALL_OPENAT2,
    CALL_EXECVE,
    CALL_EXECVEAT,
    /** A path, and from here on processes may have another root. */
    CALL_CHROOT,
    CALL_NEW_ROOT,
    CALL_BIND,
    CALL_CONNECT,
    CALL_LISTEN,
    CALL_SENDTO,
    /** i386's and arm's one call for all of the above: arguments are in memory. */
    CALL_SOCKETCALL,
    CALL_KILL,
    /** Only the value of an argument is of interest. */
    CALL_VALUE,
};

/** What the arguments of one system call mean; argument numbers, -1 for none. */
struct call {
    int32_t numbers[ARCH_COUNT];
    uint8_t kind;
    int8_t directory;
    int8_t path;
    int8_t directory2;
    int8_t path2;
    int8_t flags;
    int8_t value;
    /** No name leads to another directory because of it. */
    bool only_looks;
};

enum { CALLS_INDEXED = 512 };

/** What the memory that an argument points at is looked at for. */
enum call_look {
    LOOK_NOTHING,
    /** The limits of a resource, whose number is the argument before. */
    LOOK_LIMITS,
    /** The name of an extended attribute. */
    LOOK_ATTRIBUTE,
};

/** What is recorded of a call that may need a capability. */
struct call_report {
    bool wanted;
    /** It changes what its caller may do. */
    bool changes_rights;
    /** A bit for each argument. */
    uint8_t arguments;
    /** enum call_look, and the number of the argument that points there. */
    uint8_t look;
    uint8_t pointer;
};

/** From number to call, of the native and the compat architecture. */
struct call_index {
    uint8_t native[CALLS_INDEXED];
    uint8_t compat[CALLS_INDEXED];
    struct call_report native_reports[CALLS_INDEXED];
    struct call_report compat_reports[CALLS_INDEXED];
};

void calls_index(struct call_index *index);

/** NULL for a call whose arguments are not looked at. */
const struct call *calls_find(const struct call_index *index, enum arch arch, uint32_t number);

/** All zero for a call of which nothing is to be recorded. */
struct call_report calls_report(const struct call_index *index, enum arch arch, uint32_t number);
