#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../process.h"
#include "check.h"

/** A child that waits to be killed. */
static pid_t start_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        for (;;) {
            pause();
        }
    }
    return child;
}

void test_process(void)
{
    struct process_table *table = calloc(1, sizeof *table);
    CHECK(table != NULL);
    bool full = false;
    const struct process *self = process_find(table, getpid(), 1, &full);
    CHECK(self != NULL && self->tgid == getpid() && self->parent == getppid() && process_exec(table, self) == 0);
    // An execve that fails leaves the image, and its number is not given again.
    CHECK(process_ask_exec(table, self) == 1 && process_exec(table, self) == 0);
    CHECK(process_ask_exec(table, self) == 2);
    // As if it had come about: another mark.
    table->slots[self - table->slots].image = 1;
    CHECK(process_exec(table, self) == 2 && process_exec(table, self) == 2);
    pid_t child = start_child();
    const struct process *entry = process_find(table, child, 2, &full);
    CHECK(entry != NULL && entry->parent == getpid() && process_exec(table, entry) == 2);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    // Trusted for a while, then looked for.
    CHECK(process_find(table, child, 3, &full) != NULL);
    CHECK(process_find(table, child, 3000000000, &full) == NULL && !full);
    table->used = PROCESS_SLOTS;
    child = start_child();
    CHECK(process_find(table, child, 4, &full) != NULL && full && table->used == 1);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    free(table);
}
