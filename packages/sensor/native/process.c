#include "process.h"

#include <string.h>

#include "proc.h"

/** A number is given again only after the whole range went round, which takes longer than this. */
static const uint64_t trusted_ns = 1000000000;

/** Ancestors that are looked up for one new process. */
enum { MAX_ANCESTORS = 16 };

static struct process *slot_of(struct process_table *table, pid_t tid)
{
    size_t at = ((uint32_t)tid * 2654435761u) % PROCESS_SLOTS;
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
    for (size_t i = 0; i < PROCESS_SLOTS; i++) {
        if (table->slots[i].image == image && table->slots[i].tid == table->slots[i].tgid) {
            return table->slots[i].exec;
        }
    }
    return 0;
}

/**
 * A new process runs what the one that forked it runs. That is its parent, unless the parent ended and the
 * process was adopted: then its image, a copy of its forker's, tells.
 */
static uint32_t inherited_exec(struct process_table *table, const struct proc_stat *stat,
                               const struct process **forker_entry)
{
    pid_t ancestor = stat->parent;
    for (int i = 0; i < MAX_ANCESTORS && ancestor > 0; i++) {
        const struct process *found = leader_of(table, ancestor);
        if (found != NULL) {
            *forker_entry = found;
            uint32_t forker = found->image == stat->image || stat->image == 0 ? 0 : exec_of_image(table, stat->image);
            return forker != 0 ? forker : found->exec;
        }
        struct proc_stat next;
        ancestor = proc_read_stat(ancestor, &next) ? next.parent : 0;
    }
    return exec_of_image(table, stat->image);
}

/** Puts a thread that was not known, or whose number another had before, into the table. */
static struct process *enter(struct process_table *table, pid_t tid, const struct proc_stat *stat, uint64_t now_ns,
                             bool *full)
{
    pid_t tgid = proc_thread_group(tid);
    if (tgid == 0) {
        return NULL;
    }
    if (slot_of(table, tid)->tid == 0 && table->used >= PROCESS_SLOTS - PROCESS_SLOTS / 4) {
        *full = true;
        empty(table);
    }
    const struct process *forker = NULL;
    uint32_t exec = tgid == tid ? inherited_exec(table, stat, &forker) : 0;
    bool rights_due = forker == NULL || forker->rights_due;
    bool rights_last = forker != NULL && forker->rights_last;
    struct process *entry = slot_of(table, tid);
    table->used += entry->tid == 0;
    *entry = (struct process){
        .tid = tid,
        .tgid = tgid,
        .parent = stat->parent,
        .started = stat->started,
        .checked_ns = now_ns,
        .exec = exec,
        .image = stat->image,
        .rights_due = rights_due,
        .rights_last = rights_last,
    };
    return entry;
}

const struct process *process_find(struct process_table *table, pid_t tid, uint64_t now_ns, bool *full)
{
    struct process *entry = slot_of(table, tid);
    bool known = entry->tid == tid;
    if (known && now_ns - entry->checked_ns < trusted_ns) {
        return entry;
    }
    struct proc_stat stat;
    if (!proc_read_stat(tid, &stat)) {
        return NULL;
    }
    if (known && entry->started == stat.started) {
        entry->checked_ns = now_ns;
        return entry;
    }
    entry = enter(table, tid, &stat, now_ns, full);
    if (entry != NULL && entry->tgid != tid && leader_of(table, entry->tgid) == NULL) {
        process_find(table, entry->tgid, now_ns, full);
        entry = slot_of(table, tid);
        return entry->tid == tid ? entry : NULL;
    }
    return entry;
}

/** Learns whether the execve that was asked for came about: a new image has another mark. */
static void settle_exec(struct process *leader, pid_t tid)
{
    struct proc_stat stat;
    if (!proc_read_stat(leader->tid, &stat)) {
        return;
    }
    // No mark where the sensor may not look: most succeed.
    if (stat.image == 0 || stat.image != leader->image) {
        leader->exec = leader->asked_exec;
        leader->image = stat.image;
        leader->asked_exec = 0;
        leader->rights_due = leader->rights_due || !leader->rights_last;
    } else if (tid == leader->asked_by) {
        leader->asked_exec = 0;
    }
    // Otherwise another thread came first and the execve is still to be made.
}

uint32_t process_exec(struct process_table *table, const struct process *process)
{
    struct process *leader = leader_of(table, process->tgid);
    if (leader == NULL) {
        return 0;
    }
    if (leader->asked_exec != 0) {
        settle_exec(leader, process->tid);
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
