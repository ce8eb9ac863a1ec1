#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

enum { LENGTH_BYTES = 4 };

/** Where the last whole frame of the file ends. */
static off_t end_of_frames(int file, off_t size)
{
    off_t end = 0;
    uint8_t bytes[LENGTH_BYTES];
    while (pread(file, bytes, sizeof bytes, end) == (ssize_t)sizeof bytes) {
        off_t length = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (off_t)bytes[3] << 24;
        if (length == 0 || length > size - end - LENGTH_BYTES) {
            break;
        }
        end += LENGTH_BYTES + length;
    }
    return end;
}

void record_mend(struct record *record)
{
    record->is_mending = true;
    record->was_shortened = true;
    off_t size = lseek(record->file, 0, SEEK_END);
    record_window_close(&record->window);
    record->is_mapped = false;
    if (ftruncate(record->file, end_of_frames(record->file, size)) < 0) {
        record->broken = true;
    }
    record_adopt(record, record->file);
    if (record->end == 0) {
        record_hello(record);
    }
    record_note(record, "the record was shortened by another program: what it had is missing");
    record_lose(record, LOSS_WRITE_FAILED);
    record_flush_losses_now(record);
    record->is_mending = false;
}

bool record_is_whole(const struct record *record)
{
    struct stat status;
    return fstat(record->file, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size >= record->end;
}
