#include "process.h"

#include <string.h>

#include "proc.h"

enum {
    /** Ancestors that are looked up for one new process. */
    MAX_ANCESTORS = 16,
    /** A dynamic program that does nothing makes three, its linker's. */
    CALLS_BEFORE_IMAGE = 4,
    /** Programs without the kernel's mark that a process which was adopted is compared with. */
    LATEST_PROGRAMS = 64,
};

static struct process *slot_of(struct process_table *table, pid_t tid)
{
    // Numbers are given one after the other: what runs at a time shares pages of the table.
    size_t at = (uint32_t)tid % PROCESS_SLOTS;
    while (table->slots[at].tid != 0 && table->slots[at].tid != tid) {
        at = (at + 1) % PROCESS_SLOTS;
    }
    return &table->slots[at];
}

static struct process *leader_of(struct process_table *table, pid_t tgid)
{
    struct process *leader = slot_of(table, tgid);
    return leader->tid == tgid && leader->tgid == tgid ? leader : NULL;
}

/** Drops everything; what runs is learnt anew. */
static void empty(struct process_table *table)
{
    memset(table->slots, 0, sizeof table->slots);
    table->used = 0;
}

static uint32_t exec_of_image(const struct process_table *table, uint64_t image)
{
    for (size_t i = 0; table->used > 0 && image != 0 && i < PROCESS_SLOTS; i++) {
        if (table->slots[i].image == image && table->slots[i].tid == table->slots[i].tgid) {
            return table->slots[i].exec;
        }
    }
    return 0;
}

/** Among the latest programs, one of which the caller's text is a copy. */
static uint32_t exec_of_text(struct process_table *table, const struct caller *caller)
{
    for (size_t i = 0; table->used > 0 && i < PROCESS_SLOTS; i++) {
        const struct process *one = &table->slots[i];
        // Those of which the kernel's mark is known were looked at before.
        bool may_be = one->text.at != 0 && one->image == 0 && one->tid == one->tgid;
        if (may_be && table->last_exec - one->exec < LATEST_PROGRAMS &&
            text_mark_compare(&table->remote, caller->tid, &one->text) == TEXT_SAME) {
            return one->exec;
        }
    }
    return 0;
}

/** The nearest ancestor that is known, NULL for none. */
static const struct process *nearest_ancestor(struct process_table *table, pid_t parent)
{
    for (int i = 0; i < MAX_ANCESTORS && parent > 0; i++) {
        const struct process *found = leader_of(table, parent);
        if (found != NULL) {
            return found;
        }
        struct proc_stat next;
        parent = proc_read_stat(parent, &next) ? next.parent : 0;
    }
    return NULL;
}

/**
 * A new process runs what the one that forked it runs. That is its parent, unless the parent ended and the process was adopted, or
 * the parent runs another program by now: then its image, a copy of its forker's, tells.
 */
static void inherit_image(struct process_table *table, struct process *entry, const struct caller *caller,
                          const struct process *forker)
{
    enum text_match match =
        forker == NULL ? TEXT_UNKNOWN : text_mark_compare(&table->remote, caller->tid, &forker->text);
    if (match == TEXT_SAME) {
        entry->exec = forker->exec;
        entry->image = forker->image;
        entry->text = forker->text;
        return;
    }
    entry->image = image_read(caller->tid);
    if (forker != NULL && (entry->image == 0 || forker->image == entry->image)) {
        entry->exec = forker->exec;
        entry->text = forker->text;
        return;
    }
    entry->exec = exec_of_image(table, entry->image);
    if (entry->exec == 0) {
        entry->exec = exec_of_text(table, caller);
    }
    if (entry->exec == 0 && forker != NULL) {
        // It began a program and forked before it made any other call.
        entry->exec = match == TEXT_DIFFERS && forker->asked_exec != 0 ? forker->asked_exec : forker->exec;
    }
}

/** Puts a thread that was not known, or whose number another had before, into the table. */
static struct process *enter(struct process_table *table, const struct caller *caller, const struct identity *identity,
                             bool *full)
{
    if (slot_of(table, caller->tid)->tid == 0 && table->used >= PROCESS_SLOTS - PROCESS_SLOTS / 4) {
        *full = true;
        empty(table);
    }
    struct process entry = {
        .tid = caller->tid,
        .tgid = identity->group,
        .parent = identity->parent,
        .identity = identity->mark,
        .checked_ns = caller->now_ns,
        .rights_due = true,
    };
    if (entry.tid == entry.tgid) {
        const struct process *forker = nearest_ancestor(table, identity->parent);
        inherit_image(table, &entry, caller, forker);
        entry.rights_due = forker == NULL || forker->rights_due;
        entry.rights_last = forker != NULL && forker->rights_last;
    }
    struct process *slot = slot_of(table, caller->tid);
    table->used += slot->tid == 0;
    *slot = entry;
    return slot;
}

const struct process *process_find(struct process_table *table, const struct caller *caller, bool *full)
{
    struct process *entry = slot_of(table, caller->tid);
    bool known = entry->tid == caller->tid;
    if (known && caller->now_ns - entry->checked_ns < process_number_is_safe_ns) {
        return entry;
    }
    struct identity identity;
    if (!identity_read(&table->identities, caller->tid, &identity)) {
        return NULL;
    }
    if (known && entry->identity == identity.mark) {
        entry->checked_ns = caller->now_ns;
        return entry;
    }
    entry = enter(table, caller, &identity, full);
    if (entry->tgid != caller->tid && leader_of(table, entry->tgid) == NULL) {
        // Its text is this thread's.
        const struct caller leader = {.tid = entry->tgid, .at = caller->at, .now_ns = caller->now_ns};
        process_find(table, &leader, full);
        entry = slot_of(table, caller->tid);
        return entry->tid == caller->tid ? entry : NULL;
    }
    return entry;
}

/** Whether the execve that was asked for came about. */
enum outcome { EXEC_PENDING, EXEC_DONE, EXEC_FAILED };

/** Where no mark in the text tells, the kernel's does, which is read into `image`: a new program has another. */
static enum outcome outcome_of(struct process_table *table, const struct process *leader, const struct caller *caller,
                               uint64_t *image)
{
    enum text_match match = text_mark_compare(&table->remote, caller->tid, &leader->text);
    // Another thread may make calls while the execve is still to be made.
    enum outcome old = caller->tid == leader->asked_by ? EXEC_FAILED : EXEC_PENDING;
    if (match != TEXT_UNKNOWN) {
        return match == TEXT_DIFFERS ? EXEC_DONE : old;
    }
    struct proc_stat stat;
    if (!proc_read_stat(leader->tid, &stat)) {
        return EXEC_PENDING;
    }
    *image = stat.image;
    // No mark where the sensor may not look: most succeed.
    return stat.image == 0 || stat.image != leader->image ? EXEC_DONE : old;
}

static void settle_exec(struct process_table *table, struct process *leader, const struct caller *caller)
{
    uint64_t image = 0;
    enum outcome outcome = outcome_of(table, leader, caller, &image);
    if (outcome == EXEC_PENDING) {
        return;
    }
    if (outcome == EXEC_DONE) {
        leader->exec = leader->asked_exec;
        leader->rights_due = leader->rights_due || !leader->rights_last;
        leader->calls = 0;
        leader->image = image;
        leader->text = (struct text_mark){.at = 0};
        if (!table->not_randomized) {
            leader->text = text_mark_read(&table->remote, caller->tid, caller->at);
        }
    }
    leader->asked_exec = 0;
}

uint32_t process_exec(struct process_table *table, const struct process *process, const struct caller *caller)
{
    struct process *leader = leader_of(table, process->tgid);
    if (leader == NULL) {
        return 0;
    }
    if (leader->asked_exec != 0) {
        settle_exec(table, leader, caller);
    }
    // What lives on may fork: its mark is to be known when it has ended.
    if (leader->image == 0 && leader->calls < CALLS_BEFORE_IMAGE &&
        (leader->text.at == 0 || ++leader->calls == CALLS_BEFORE_IMAGE)) {
        leader->calls = CALLS_BEFORE_IMAGE;
        leader->image = image_read(leader->tid);
    }
    return leader->exec;
}

bool process_is_asking(struct process_table *table, const struct process *process)
{
    const struct process *leader = leader_of(table, process->tgid);
    struct proc_stat stat;
    return leader != NULL && leader->asked_exec != 0 && leader->asked_by == process->tid &&
           proc_read_stat(leader->tid, &stat) && stat.image != 0 && stat.image == leader->image;
}

uint32_t process_ask_exec(struct process_table *table, const struct process *process)
{
    uint32_t exec = ++table->last_exec;
    struct process *leader = leader_of(table, process->tgid);
    if (leader != NULL) {
        leader->asked_exec = exec;
        leader->asked_by = process->tid;
    }
    return exec;
}

bool process_take_rights_due(struct process_table *table, const struct process *process)
{
    struct process *leader = leader_of(table, process->tgid);
    bool due = leader != NULL && leader->rights_due;
    if (due) {
        leader->rights_due = false;
    }
    return due;
}

void process_set_rights_due(struct process_table *table, const struct process *process)
{
    struct process *leader = leader_of(table, process->tgid);
    if (leader != NULL) {
        leader->rights_due = true;
    }
}

void process_set_rights_last(struct process_table *table, const struct process *process, bool rights_last)
{
    struct process *leader = leader_of(table, process->tgid);
    if (leader != NULL) {
        leader->rights_last = rights_last;
    }
}
