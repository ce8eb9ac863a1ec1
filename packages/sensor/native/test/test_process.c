#include <signal.h>
#include <string.h>
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

static const struct process *find(struct process_table *table, pid_t tid, uint64_t now_ns, bool *full)
{
    return process_find(table, &(struct caller){.tid = tid, .now_ns = now_ns}, full);
}

static uint32_t exec_of(struct process_table *table, const struct process *process, uint64_t at)
{
    return process_exec(table, process, &(struct caller){.tid = process->tid, .at = at, .now_ns = 1});
}

/** Bytes that stand for a program's text. Fork copies them; whoever changes them runs "another program". */
static char *text_bytes;
enum { TEXT_AT = 64 };

static uint64_t text_at(void)
{
    return (uint64_t)(uintptr_t)text_bytes + TEXT_AT;
}

static void tells_programs_by_their_text(void)
{
    struct process_table *table = calloc(1, sizeof *table);
    CHECK(table != NULL);
    bool full = false;
    text_bytes = malloc(2 * TEXT_AT);
    memset(text_bytes, 1, 2 * TEXT_AT);
    struct process *self = &table->slots[find(table, getpid(), 1, &full) - table->slots];
    self->text = text_mark_read(&table->remote, getpid(), text_at());
    CHECK(self->text.at == text_at() - sizeof self->text.bytes);
    CHECK(text_mark_compare(&table->remote, getpid(), &self->text) == TEXT_SAME);
    self->exec = 7;
    self->image = 0;
    // A child is known by its text alone.
    pid_t child = start_child();
    struct process *entry = &table->slots[find(table, child, 2, &full) - table->slots];
    CHECK(entry->exec == 7 && entry->image == 0 && entry->text.at == self->text.at);
    // Its execve failed: it has the same text.
    CHECK(process_ask_exec(table, entry) == 1 && exec_of(table, entry, text_at()) == 7 && entry->asked_exec == 0);
    // It came about: another text, and no mark of the kernel's is read before the fourth call.
    CHECK(process_ask_exec(table, entry) == 2);
    entry->text.bytes[0] = 2;
    for (int i = 0; i < 3; i++) {
        CHECK(exec_of(table, entry, text_at()) == 2 && entry->image == 0 && entry->text.bytes[0] == 1);
    }
    CHECK(exec_of(table, entry, text_at()) == 2 && entry->image != 0);
    // Nor is text told from text where addresses are not random.
    table->not_randomized = true;
    entry->text.bytes[0] = 2;
    CHECK(process_ask_exec(table, entry) == 3 && exec_of(table, entry, text_at()) == 3);
    CHECK(entry->text.at == 0 && entry->image != 0);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    free(text_bytes);
    free(table);
}

/** The one that forked it has ended: it is found by the text that it left in its child. */
static void finds_the_program_of_an_orphan(void)
{
    struct process_table *table = calloc(1, sizeof *table);
    CHECK(table != NULL);
    bool full = false;
    text_bytes = malloc(2 * TEXT_AT);
    memset(text_bytes, 3, 2 * TEXT_AT);
    struct process *self = &table->slots[find(table, getpid(), 1, &full) - table->slots];
    self->exec = 1;
    self->image = 1;
    self->text = text_mark_read(&table->remote, getpid(), text_at());
    self->text.bytes[0] = 4;
    // A program that ended: its number is that of no process here.
    enum { ENDED = 3 };
    struct process *ended = &table->slots[ENDED];
    *ended = (struct process){.tid = ENDED, .tgid = ENDED, .exec = 9, .text = self->text};
    ended->text.bytes[0] = 3;
    table->last_exec = 9;
    pid_t child = start_child();
    CHECK(find(table, child, 2, &full)->exec == 9);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    free(text_bytes);
    free(table);
}

static void reads_text_only_where_it_tells(void)
{
    struct remote remote = {.use_mem = false};
    CHECK(text_mark_read(&remote, getpid(), 0).at == 0 && text_mark_read(&remote, getpid(), 0x401000).at == 0);
    CHECK(text_mark_read(&remote, getpid(), UINT64_MAX).at == 0);
    struct text_mark gone = {.at = 1ull << 40};
    CHECK(text_mark_compare(&remote, getpid(), &gone) == TEXT_DIFFERS);
    CHECK(text_mark_compare(&remote, getpid(), &(struct text_mark){.at = 0}) == TEXT_UNKNOWN);
    struct remote slow = {.use_mem = true};
    CHECK(text_mark_read(&slow, getpid(), (uint64_t)(uintptr_t)&remote).at == 0);
    CHECK(text_mark_compare(&slow, getpid(), &gone) == TEXT_UNKNOWN);
}

static void reads_identities_in_both_ways(void)
{
    struct identity_source by_pidfd = {.use_proc = false}, by_proc = {.use_proc = true};
    struct identity first, second;
    CHECK(identity_read(&by_proc, getpid(), &first) && first.group == getpid() && first.parent == getppid());
    CHECK(identity_read(&by_pidfd, getpid(), &second) && second.group == getpid() && second.parent == getppid());
    CHECK(second.mark != 0 && identity_read(&by_pidfd, getpid(), &first) && first.mark == second.mark);
    pid_t child = start_child();
    CHECK(identity_read(&by_pidfd, child, &first) && first.mark != second.mark && first.parent == getpid());
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(!identity_read(&by_pidfd, child, &first) && !identity_read(&by_proc, child, &first));
}

void test_process(void)
{
    struct process_table *table = calloc(1, sizeof *table);
    CHECK(table != NULL);
    bool full = false;
    const struct process *self = find(table, getpid(), 1, &full);
    CHECK(self != NULL && self->tgid == getpid() && self->parent == getppid() && exec_of(table, self, 0) == 0);
    // An execve that fails leaves the image, and its number is not given again.
    CHECK(process_ask_exec(table, self) == 1 && exec_of(table, self, 0) == 0);
    CHECK(process_ask_exec(table, self) == 2);
    // As if it had come about: another mark.
    table->slots[self - table->slots].image = 1;
    CHECK(exec_of(table, self, 0) == 2 && exec_of(table, self, 0) == 2);
    pid_t child = start_child();
    const struct process *entry = find(table, child, 2, &full);
    CHECK(entry != NULL && entry->parent == getpid() && exec_of(table, entry, 0) == 2);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    // Trusted for a while, then looked for.
    CHECK(find(table, child, 3, &full) != NULL);
    CHECK(find(table, child, 3000000000, &full) == NULL && !full);
    table->used = PROCESS_SLOTS;
    child = start_child();
    CHECK(find(table, child, 4, &full) != NULL && full && table->used == 1);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    free(table);
    tells_programs_by_their_text();
    finds_the_program_of_an_orphan();
    reads_text_only_where_it_tells();
    reads_identities_in_both_ways();
}
