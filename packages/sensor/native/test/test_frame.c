#include <string.h>

#include "../frame.h"
#include "check.h"

static void never_writes_beyond_its_memory(void)
{
    for (size_t capacity = 0; capacity < 40; capacity++) {
        // Of its exact size, for the address sanitizer.
        uint8_t *memory = malloc(capacity == 0 ? 1 : capacity);
        struct frame frame = {.bytes = memory, .capacity = capacity};
        frame_begin(&frame, FRAME_NOTE);
        frame_u64(&frame, 1);
        frame_bytes(&frame, "0123456789", 10);
        frame_u16(&frame, 2);
        CHECK(frame_end(&frame) == (capacity >= 27));
        CHECK(frame.overflow || (frame.used == 27 && memory[0] == 23));
        free(memory);
    }
}

static void refuses_bytes_beyond_their_length(void)
{
    static uint8_t memory[1 << 17], bytes[1 << 16];
    struct frame frame = {.bytes = memory, .capacity = sizeof memory};
    frame_begin(&frame, FRAME_NOTE);
    frame_bytes(&frame, bytes, 65535);
    CHECK(!frame.overflow);
    frame_bytes(&frame, bytes, 65536);
    CHECK(!frame_end(&frame));
}

void test_frame(void)
{
    never_writes_beyond_its_memory();
    refuses_bytes_beyond_their_length();
}
