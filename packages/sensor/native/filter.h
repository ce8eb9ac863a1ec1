#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

enum { FILTER_CAPACITY = 1024, FILTER_OWN = 2 };

/** What the filter depends on beside the tables. */
struct filter_options {
    /** Refuse what Docker's default profile refuses to an application of these capabilities. */
    bool restore_docker_refusals;
    bool restore_docker_20_refusals;
    uint64_t capabilities;
    /** Signals to them are notified, so that the sensor's own processes can be shielded. */
    pid_t own[FILTER_OWN];
};

struct filter {
    struct sock_filter code[FILTER_CAPACITY];
    /** More than FILTER_CAPACITY when it did not fit. */
    uint32_t length;
};

void filter_build(struct filter *filter, const struct filter_options *options);

/**
 * Installs the filter in the calling thread and returns the listener, which is closed on exec. Needs
 * no_new_privs or CAP_SYS_ADMIN. Every call that the filter notifies then waits until the listener is served.
 */
int filter_install(const struct filter *filter, struct err *err);
