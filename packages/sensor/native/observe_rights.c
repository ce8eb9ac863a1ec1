#include "observe_rights.h"

#include "observe_look.h"
#include "proc.h"

enum { CALL_ARGUMENTS = 6 };

static void record_rights(struct observer *observer, const struct event *event, const struct proc_status *status)
{
    struct frame frame = record_begin(&observer->record, FRAME_RIGHTS);
    frame_u32(&frame, event->exec);
    frame_u32(&frame, (uint32_t)event->tgid);
    frame_u64(&frame, event->now_ns);
    const uint32_t ids[] = {status->real_uid, status->effective_uid, status->saved_uid,
                            status->real_gid, status->effective_gid, status->saved_gid};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        frame_u32(&frame, ids[i]);
    }
    frame_u64(&frame, status->effective_capabilities);
    frame_u16(&frame, (uint16_t)status->group_count);
    for (size_t i = 0; i < status->group_count; i++) {
        frame_u32(&frame, status->groups[i]);
    }
    record_end(&observer->record, &frame);
}

void observe_rights(struct observer *observer, const struct event *event)
{
    struct process_table *table = observer->processes;
    struct proc_status status;
    if (!process_take_rights_due(table, event->process) || !proc_read_status(event->tid, &status)) {
        return;
    }
    bool root = status.real_uid == 0 && status.effective_uid == 0 && status.saved_uid == 0;
    // capabilities(7): root gets what the bounding set lets it have, and has that already.
    process_set_rights_last(table, event->process,
                            root && status.effective_capabilities == status.bounding_capabilities);
    const uint64_t key[] = {FACT_RIGHTS, (uint64_t)event->tgid, event->exec};
    struct fingerprint fingerprint =
        unique_fingerprint(&observer->unique, key, sizeof key / sizeof key[0], &status, sizeof status);
    if (unique_has(&observer->unique, fingerprint) || !observer_still_waits(observer, event)) {
        return;
    }
    unique_add(&observer->unique, fingerprint);
    record_rights(observer, event, &status);
}

void observe_call_with(struct observer *observer, const struct event *event, struct call_report report,
                       const struct call_findings *findings)
{
    uint64_t key[4 + CALL_ARGUMENTS + CALL_FINDINGS] = {FACT_CALL, event->exec, event->arch, event->number};
    size_t count = 4;
    uint8_t present = report.arguments;
    for (unsigned i = 0; i < CALL_ARGUMENTS; i++) {
        if ((report.arguments >> i & 1) != 0) {
            key[count++] = event->args[i];
        }
    }
    for (size_t i = 0; i < findings->count; i++) {
        present |= (uint8_t)(1U << (CALL_ARGUMENTS + i));
        key[count++] = findings->values[i];
    }
    // A path's own frame follows with the same time: each file is a need of its own.
    struct fingerprint fingerprint = unique_fingerprint(&observer->unique, key, count, NULL, 0);
    if (unique_has(&observer->unique, fingerprint) || !observer_still_waits(observer, event)) {
        return;
    }
    unique_add(&observer->unique, fingerprint);
    struct frame frame = record_begin(&observer->record, FRAME_CALL);
    frame_u32(&frame, event->exec);
    frame_u32(&frame, (uint32_t)event->tgid);
    frame_u64(&frame, event->now_ns);
    frame_u8(&frame, (uint8_t)event->arch);
    frame_u32(&frame, event->number);
    frame_u8(&frame, present);
    for (size_t i = 4; i < count; i++) {
        frame_u64(&frame, key[i]);
    }
    record_end(&observer->record, &frame);
}

void observe_call(struct observer *observer, const struct event *event, struct call_report report)
{
    struct call_findings findings = {.count = 0};
    observe_look(observer, event, report, &findings);
    observe_call_with(observer, event, report, &findings);
    if (report.changes_rights) {
        process_set_rights_due(observer->processes, event->process);
    }
}
