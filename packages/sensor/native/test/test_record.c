#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../record.h"
#include "check.h"

static struct record *record;
static char name[] = "/tmp/pare-sensor-recordXXXXXX";

static off_t size_of_file(void)
{
    struct stat status;
    CHECK(stat(name, &status) == 0);
    return status.st_size;
}

static void appends_whole_frames(void)
{
    struct err err;
    CHECK(record_open(record, name, &err) == 0);
    record_note(record, "hi");
    CHECK(size_of_file() == 17 && record->end == 17);
    record_lose(record, LOSS_PATH_TOO_LONG);
    CHECK(size_of_file() == 17 + 18);
    // A storm is gathered.
    record_lose(record, LOSS_PATH_TOO_LONG);
    record_lose(record, LOSS_PATH_TOO_LONG);
    CHECK(size_of_file() == 17 + 18 && record->losses[LOSS_PATH_TOO_LONG] == 2);
    int wait = record_flush_losses(record);
    CHECK(wait > 0 && wait <= 21);
    usleep(22000);
    CHECK(record_flush_losses(record) == -1 && size_of_file() == 17 + 36);
    CHECK(record_flush_losses(record) == -1 && size_of_file() == 17 + 36);
    close(record->file);
}

/** A file size limit fails as a full disk does, after a short write. Runs in a child for its limit. */
static void cuts_off_what_did_not_fit(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct err err;
        signal(SIGXFSZ, SIG_IGN);
        CHECK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096}) == 0);
        memset(record, 0, sizeof *record);
        CHECK(truncate(name, 0) == 0 && record_open(record, name, &err) == 0);
        record->can_reserve = false;
        char text[1000];
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        for (int i = 0; i < 10; i++) {
            record_note(record, text);
        }
        // Four notes of 1014 bytes, and one loss in what is left.
        CHECK(size_of_file() == 4 * 1014 + 18);
        exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

/** Reads the file; the first `size` bytes of it. */
static size_t read_file(uint8_t *out, size_t size)
{
    int file = open(name, O_RDONLY);
    ssize_t got = read(file, out, size);
    CHECK(file >= 0 && got >= 0);
    close(file);
    return (size_t)got;
}

static void puts_frames_into_the_files_memory(void)
{
    enum { NOTES = 40000, NOTE_BYTES = 17 };
    struct err err;
    memset(record, 0, sizeof *record);
    CHECK(truncate(name, 0) == 0 && record_open(record, name, &err) == 0);
    record_map(record);
    if (!record->is_mapped) {
        printf("skipped: records are not mapped on the file system of %s\n", name);
        close(record->file);
        return;
    }
    // Across several windows.
    uint8_t *bytes = malloc(NOTES * NOTE_BYTES + 1);
    CHECK(bytes != NULL);
    for (int i = 0; i < NOTES; i++) {
        record_note(record, "hi");
        CHECK(record->end == (i + 1) * NOTE_BYTES && size_of_file() > record->end);
    }
    CHECK(read_file(bytes, NOTES * NOTE_BYTES + 1) == NOTES * NOTE_BYTES + 1 && bytes[NOTES * NOTE_BYTES] == 0);
    for (int i = 0; i < NOTES; i++) {
        CHECK(bytes[i * NOTE_BYTES] == NOTE_BYTES - 4 && bytes[i * NOTE_BYTES + 4] == FRAME_NOTE);
    }
    // One that is killed leaves what it took; the next goes on behind the last frame.
    off_t end = record->end;
    record_window_close(&record->window);
    record_resume(record, end);
    CHECK(size_of_file() == end && record->end == end);
    record->is_mapped = false;
    record_lose(record, LOSS_SUPERVISOR_KILLED);
    CHECK(size_of_file() == end + 18);
    record_map(record);
    record_note(record, "hi");
    CHECK(record->end == end + 18 + NOTE_BYTES && size_of_file() > record->end);
    record_close(record);
    CHECK(size_of_file() == end + 18 + NOTE_BYTES);
    close(record->file);
    free(bytes);
}

enum { HELLO_BYTES = 31 };

/** Kinds of the file's frames, which fill it up to its end, or to where zeros begin. */
static size_t kinds_of_frames(uint8_t *kinds, size_t limit)
{
    static uint8_t bytes[1 << 20];
    size_t size = read_file(bytes, sizeof bytes);
    size_t count = 0;
    for (size_t at = 0; at + 4 <= size && count < limit;) {
        size_t length = bytes[at] | (size_t)bytes[at + 1] << 8;
        if (length == 0) {
            break;
        }
        CHECK(at + 4 + length <= size);
        kinds[count++] = bytes[at + 4];
        at += 4 + length;
    }
    return count;
}

static void begin_anew(bool mapped)
{
    struct err err;
    memset(record, 0, sizeof *record);
    CHECK(truncate(name, 0) == 0 && record_open(record, name, &err) == 0);
    if (mapped) {
        record_map(record);
    }
    record_hello(record);
    for (int i = 0; i < 10; i++) {
        record_note(record, "hi");
    }
}

/** The whole frames that are left stay, a piece of one does not, and it is said that others are gone. */
static void mends_what_another_shortened(bool mapped)
{
    uint8_t kinds[32];
    // In the middle of the third note; at the end of the second; in the hello; to nothing.
    const off_t sizes[] = {HELLO_BYTES + 2 * 17 + 5, HELLO_BYTES + 2 * 17, 7, 0};
    const size_t kept[] = {3, 3, 0, 0};
    for (size_t i = 0; i < 4; i++) {
        begin_anew(mapped);
        off_t end = record->end;
        CHECK(truncate(name, sizes[i]) == 0);
        record_window_close(&record->window);
        record_resume(record, end);
        record_map(record);
        CHECK(!record->is_mapped);
        record_note(record, "hi");
        record_close(record);
        size_t hellos = kept[i] == 0 ? 1 : 0;
        CHECK(kinds_of_frames(kinds, sizeof kinds) == kept[i] + hellos + 3 && kinds[0] == FRAME_HELLO);
        CHECK(kinds[kept[i] + hellos] == FRAME_NOTE && kinds[kept[i] + hellos + 1] == FRAME_LOSS);
        close(record->file);
    }
}

/** Where nobody is killed for it: the rest of the page that the end is in may still be written to. */
static void notices_that_another_shortened(void)
{
    uint8_t kinds[32];
    begin_anew(false);
    CHECK(truncate(name, HELLO_BYTES) == 0);
    record_note(record, "hi");
    CHECK(kinds_of_frames(kinds, sizeof kinds) == 4 && kinds[2] == FRAME_LOSS && kinds[3] == FRAME_NOTE);
    close(record->file);
    begin_anew(true);
    CHECK(truncate(name, HELLO_BYTES) == 0);
    record_close(record);
    CHECK(kinds_of_frames(kinds, sizeof kinds) == 3 && kinds[2] == FRAME_LOSS);
    CHECK(size_of_file() == record->end);
    close(record->file);
    begin_anew(true);
    CHECK(truncate(name, HELLO_BYTES) == 0);
    for (int i = 0; i < 300; i++) {
        record_lose(record, LOSS_TABLE_FULL);
        record_note(record, "");
    }
    CHECK(!record->is_mapped && kinds_of_frames(kinds, sizeof kinds) > 3 && kinds[2] == FRAME_LOSS);
    record_close(record);
    close(record->file);
}

static void puts_nothing_beside_the_window(void)
{
    struct record_window window = {.memory = NULL};
    const uint8_t frame[8] = {4, 0, 0, 0, 1, 2, 3, 4};
    CHECK(!record_window_put(&window, 0, frame, sizeof frame));
    int file = open(name, O_RDWR);
    CHECK(file >= 0 && ftruncate(file, 3 * 65536) == 0);
    CHECK(record_window_move(&window, file, 70000, 2 * 65536) == 0 && window.begin == 65536 && window.size == 65536);
    CHECK(!record_window_put(&window, 65535, frame, sizeof frame) && !record_window_put(&window, 65536, frame, 3));
    CHECK(record_window_put(&window, 65536, frame, sizeof frame));
    CHECK(record_window_put(&window, 2 * 65536 - 8, frame, 8) && !record_window_put(&window, 2 * 65536 - 7, frame, 8));
    CHECK(!record_window_put(&window, 2 * 65536, frame, 8) && !record_window_put(&window, 3 * 65536, frame, 8));
    record_window_close(&window);
    CHECK(window.memory == NULL);
    close(file);
    int writable_only = open(name, O_WRONLY);
    CHECK(record_window_move(&window, writable_only, 0, 65536) == -EACCES && window.memory == NULL);
    close(writable_only);
}

static void says_what_it_cannot_open(void)
{
    struct err err;
    CHECK(record_open(record, "/nonexistent/record", &err) == -ENOENT);
    CHECK(strcmp(err.text, "cannot open the record /nonexistent/record: no such file or directory") == 0);
}

void test_record(void)
{
    record = calloc(1, sizeof *record);
    int file = mkstemp(name);
    CHECK(record != NULL && file >= 0);
    close(file);
    appends_whole_frames();
    cuts_off_what_did_not_fit();
    puts_frames_into_the_files_memory();
    mends_what_another_shortened(false);
    mends_what_another_shortened(true);
    notices_that_another_shortened();
    puts_nothing_beside_the_window();
    says_what_it_cannot_open();
    unlink(name);
    free(record);
}
