#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

enum { OPTIONS_MAX_GROUPS = 256, OPTIONS_MAX_DETACH = 8 };

enum command { COMMAND_RUN, COMMAND_JOIN, COMMAND_VERSION };

/** How the application is watched. */
enum mode {
    /** seccomp notify, or fanotify where the kernel does not let us. */
    MODE_AUTO,
    MODE_NOTIFY,
    MODE_FANOTIFY,
};

/** The command line. Strings point into argv. */
struct options {
    enum command command;
    const char *record;
    /** Where the supervisor waits for commands that join, and where `join` finds it; NULL for nowhere. */
    const char *socket;
    enum mode mode;
    /** The sensor is the container's first process and the application its child. */
    bool sensor_first;
    /** `--uid`, `--gid` and `--groups` come together or not at all. */
    bool set_ids;
    uid_t uid;
    gid_t gid;
    gid_t groups[OPTIONS_MAX_GROUPS];
    size_t group_count;
    /** The bounding, permitted and effective set that the application is to have as root. */
    bool set_capabilities;
    uint64_t capabilities;
    uint64_t inheritable;
    bool no_new_privileges;
    /** What Docker's default profile refuses, and what only that of releases before 23 does too. */
    bool restore_docker_refusals;
    bool restore_docker_20_refusals;
    /** For benches: everything but the filter and the supervisor. */
    bool untraced;
    const char *home;
    const char *detach[OPTIONS_MAX_DETACH];
    size_t detach_count;
    /** The application's, NULL-terminated; at least one. */
    char **argv;
};

/** Reads argv[1..]. Returns 0, or -EINVAL with `err` saying which word was wrong. */
int options_parse(int argc, char **argv, struct options *options, struct err *err);
