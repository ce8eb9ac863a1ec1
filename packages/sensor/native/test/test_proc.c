#include <string.h>
#include <sys/types.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../proc.h"
#include "check.h"

static const char numbers[] = " 3 3 3 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 17 "
                              "1 0 0 0 0 0 93 94 4096 1048576 97 98 99 0\n";

static void reads_stat(void)
{
    char text[512];
    struct proc_stat stat;
    snprintf(text, sizeof text, "7 (sh) S%s", numbers);
    CHECK(proc_parse_stat(text, &stat) && stat.parent == 3 && stat.started == 987654 && stat.image != 0);
    uint64_t image = stat.image;
    snprintf(text, sizeof text, "7 (a) S 9 (b) c) R%s", numbers);
    CHECK(proc_parse_stat(text, &stat) && stat.parent == 3 && stat.image == image);
    // Cut anywhere, it is not taken or it is whole.
    for (size_t length = strlen(text); length > 0; length--) {
        char *cut = strndup(text, length);
        struct proc_stat part;
        if (proc_parse_stat(cut, &part)) {
            CHECK(part.started == 987654);
        }
        free(cut);
    }
    CHECK(!stat.exiting);
    snprintf(text, sizeof text, "7 (sh) Z%s", numbers);
    CHECK(proc_parse_stat(text, &stat) && stat.exiting);
    CHECK(proc_parse_stat("7 (sh) S 3 3 3 0 -1 4194308 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 11 12 13 14 15 16 17 18 19 20 21 22 23 "
                          "24 17 1 0 0 0 0 0 93 94 4096 1048576 97 98 99 0\n", &stat) && stat.exiting);
    CHECK(!proc_parse_stat("", &stat) && !proc_parse_stat(")", &stat) && !proc_parse_stat("7 (x) S", &stat));
}

static void reads_status(void)
{
    struct proc_status status;
    CHECK(proc_parse_status("Name:\tTgid: 5\nTgid:\t12\nUid:\t1\t2\t3\t4\nCapEff:\t00000000a80425fb\n", &status));
    CHECK(status.group == 12 && status.real_uid == 1 && status.effective_uid == 2 && status.saved_uid == 3);
    CHECK(status.effective_capabilities == 0xa80425fb);
    CHECK(status.group_count == 0 && status.effective_gid == 0);
    CHECK(proc_parse_status("N:\tx\nTgid:\t1\nUid:\t0\t0\t0\t0\nGid:\t4\t5\t6\t7\nFDSize:\t64\nGroups:\t27 29 \nCapBnd:\t1f\n", &status));
    CHECK(status.real_gid == 4 && status.effective_gid == 5 && status.saved_gid == 6);
    CHECK(status.group_count == 2 && status.groups[1] == 29 && status.bounding_capabilities == 0x1f);
    CHECK(proc_parse_status("N:\tx\nTgid:\t1\nUid:\t0\t0\t0\t0\nGroups:\t \nNStgid:\t12\n", &status));
    CHECK(status.group_count == 0);
    CHECK(!proc_parse_status("N:\tx\nTgid:\t1\nUid:\t0\t0\nGid:\t1\t2\t3\n", &status));
    CHECK(!proc_parse_status("", &status) && !proc_parse_status("Name:\tx\nTgid:\t12\n", &status));
}

static void reads_limits(void)
{
    static const char text[] = "Limit                     Soft Limit           Hard Limit           Units     \n"
                               "Max cpu time              unlimited            unlimited            seconds   \n"
                               "Max file size             12                   18446744073709551614 bytes     \n"
                               "Max data size             7                    \n"
                               "Max cut off ";
    uint64_t limit = 0;
    CHECK(proc_parse_hard_limit(text, 0, &limit) && limit == UINT64_MAX);
    CHECK(proc_parse_hard_limit(text, 1, &limit) && limit == UINT64_MAX - 1);
    CHECK(!proc_parse_hard_limit(text, 2, &limit) && !proc_parse_hard_limit(text, 3, &limit));
    CHECK(!proc_parse_hard_limit(text, 4, &limit) && !proc_parse_hard_limit(text, UINT32_MAX, &limit));
    CHECK(!proc_parse_hard_limit("", 0, &limit) && !proc_parse_hard_limit("x\n", 0, &limit));
    struct rlimit own;
    CHECK(getrlimit(RLIMIT_NOFILE, &own) == 0 && proc_read_hard_limit(getpid(), RLIMIT_NOFILE, &limit));
    CHECK(limit == own.rlim_max && !proc_read_hard_limit(getpid(), 9999, &limit));
}

/** A child's files: qemu-user makes up those of the process itself. */
static void reads_a_child(void)
{
    struct proc_stat stat;
    struct proc_status status;
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    CHECK(child > 0);
    CHECK(proc_read_stat(child, &stat) && stat.parent == getpid() && !stat.exiting);
    CHECK(proc_read_status(child, &status) && status.group == child && status.real_uid == getuid());
    CHECK(proc_thread_group(child) == child && proc_thread_group(1) == 1);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(!proc_read_stat(child, &stat) && proc_thread_group(child) == 0);
}

void test_proc(void)
{
    reads_stat();
    reads_status();
    reads_limits();
    reads_a_child();
}
