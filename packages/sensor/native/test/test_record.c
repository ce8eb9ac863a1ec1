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
    says_what_it_cannot_open();
    unlink(name);
    free(record);
}
