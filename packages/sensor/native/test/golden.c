#include <string.h>

#include "../frame.h"
#include "check.h"

static const uint64_t time_ns = 123456;

static void print(const char *name, struct frame *frame)
{
    CHECK(frame_end(frame));
    printf("%s", name);
    for (size_t i = 0; i < frame->used; i++) {
        printf(" %02x", frame->bytes[i]);
    }
    printf("\n");
}

void print_golden_frames(void)
{
    uint8_t bytes[256];
    struct frame frame = {.bytes = bytes, .capacity = sizeof bytes};
    frame_begin(&frame, FRAME_PATH);
    frame_u32(&frame, 2);
    frame_u32(&frame, 9);
    frame_u64(&frame, time_ns);
    frame_u8(&frame, 0);
    frame_u32(&frame, 257);
    frame_u32(&frame, 0x80000);
    frame_u8(&frame, 1);
    frame_u32(&frame, 0100644);
    frame_u32(&frame, 0);
    frame_u32(&frame, 33);
    frame_bytes(&frame, "/etc/passwd", strlen("/etc/passwd"));
    print("path", &frame);
    frame_begin(&frame, FRAME_LOSS);
    frame_u8(&frame, 0);
    frame_u32(&frame, 3);
    frame_u64(&frame, time_ns);
    print("loss", &frame);
    frame_begin(&frame, FRAME_NOTE);
    frame_u64(&frame, time_ns);
    frame_bytes(&frame, "hi", 2);
    print("note", &frame);
    frame_begin(&frame, FRAME_RIGHTS);
    frame_u32(&frame, 2);
    frame_u32(&frame, 9);
    frame_u64(&frame, time_ns);
    const uint32_t ids[] = {0, 33, 0, 0, 33, 0};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        frame_u32(&frame, ids[i]);
    }
    frame_u64(&frame, 0x401);
    frame_u16(&frame, 1);
    frame_u32(&frame, 4);
    print("rights", &frame);
    frame_begin(&frame, FRAME_CALL);
    frame_u32(&frame, 2);
    frame_u32(&frame, 9);
    frame_u64(&frame, time_ns);
    frame_u8(&frame, 0);
    frame_u32(&frame, 92);
    frame_u8(&frame, 0x06);
    frame_u64(&frame, 33);
    frame_u64(&frame, UINT32_MAX);
    print("call", &frame);
}
