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

/** Drops everything; what runs is learnt anew. */
static void empty(struct process_table *table)
{
    memset(table->slots, 0, sizeof table->slots);
    table->used = 0;
}

/** Makes or renews the entry of a thread, without its program image. */
static struct process *learn(struct process_table *table, pid_t tid, uint64_t now_ns, bool *full)
{
    struct proc_stat facts = {0};
    if (!proc_read_stat(tid, &facts)) {
        return NULL;
    }
    struct process *entry = slot_of(table, tid);
    if (entry->tid == tid && entry->started == facts.started) {
        entry->checked_ns = now_ns;
        return entry;
    }
    pid_t tgid = proc_thread_group(tid);
    if (tgid == 0) {
        return NULL;
    }
    if (entry->tid == 0 && table->used >= PROCESS_SLOTS - PROCESS_SLOTS / 4) {
        *full = true;
        empty(table);
        entry = slot_of(table, tid);
    }
    table->used += entry->tid == 0;
    *entry = (struct process){
        .tid = tid, .tgid = tgid, .parent = facts.parent, .started = facts.started, .checked_ns = now_ns};
    return entry;
}

static struct process *known(struct process_table *table, pid_t tid, uint64_t now_ns)
{
    struct process *entry = slot_of(table, tid);
    return entry->tid == tid && now_ns - entry->checked_ns < trusted_ns ? entry : NULL;
}

struct process *process_find(struct process_table *table, pid_t tid, uint64_t now_ns, bool *full)
{
    struct process *entry = known(table, tid, now_ns);
    if (entry != NULL) {
        return entry;
    }
    const struct process before = *slot_of(table, tid);
    entry = learn(table, tid, now_ns, full);
    if (entry == NULL || (before.tid == tid && before.started == entry->started)) {
        return entry;
    }
    if (entry->tgid != tid) {
        // A thread has its leader's image: make sure that there is a leader.
        process_find(table, entry->tgid, now_ns, full);
        return slot_of(table, tid)->tid == tid ? slot_of(table, tid) : NULL;
    }
    // A new process runs what its nearest known ancestor runs.
    pid_t ancestor = entry->parent;
    for (int i = 0; i < MAX_ANCESTORS && ancestor > 0; i++) {
        const struct process *found = slot_of(table, ancestor);
        if (found->tid == ancestor && found->tgid == ancestor) {
            entry->exec = found->exec;
            return entry;
        }
        struct proc_stat facts = {0};
        ancestor = proc_read_stat(ancestor, &facts) ? facts.parent : 0;
    }
    return entry;
}

uint32_t process_exec(struct process_table *table, const struct process *process)
{
    const struct process *leader = slot_of(table, process->tgid);
    return leader->tid == process->tgid ? leader->exec : 0;
}

uint32_t process_set_exec(struct process_table *table, const struct process *process)
{
    uint32_t exec = ++table->last_exec;
    struct process *leader = slot_of(table, process->tgid);
    if (leader->tid == process->tgid) {
        leader->exec = exec;
    }
    return exec;
}
