#include "observe_value.h"

void observe_value(struct observer *observer, const struct event *event, unsigned index)
{
    uint64_t value = event->args[index];
    const uint64_t key[] = {FACT_ARGUMENT, event->arch, event->number, index, value};
    struct fingerprint fingerprint =
        unique_fingerprint(&observer->unique, key, sizeof key / sizeof key[0], NULL, 0);
    if (unique_has(&observer->unique, fingerprint) || !observer_still_waits(observer, event)) {
        return;
    }
    unique_add(&observer->unique, fingerprint);
    struct frame frame = record_begin(&observer->record, FRAME_ARGUMENT);
    frame_u64(&frame, event->now_ns);
    frame_u8(&frame, (uint8_t)event->arch);
    frame_u32(&frame, event->number);
    frame_u8(&frame, (uint8_t)index);
    frame_u64(&frame, value);
    record_end(&observer->record, &frame);
}
