#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../path.h"
#include "check.h"

static struct path path;

static void set(const char *text)
{
    path.length = strlen(text);
    memcpy(path.text, text, path.length + 1);
}

static bool is(const char *text)
{
    return strcmp(path.text, text) == 0 && path.length == strlen(text);
}

static void appends(void)
{
    set("");
    CHECK(path_append(&path, "/etc", 4) == 0 && is("/etc"));
    CHECK(path_append(&path, "passwd", 6) == 0 && is("/etc/passwd"));
    set("/");
    CHECK(path_append(&path, "x", 1) == 0 && is("/x"));
    set("/a");
    CHECK(path_append(&path, "", 0) == 0 && is("/a"));
    CHECK(path_append(&path, "../b//c", 7) == 0 && is("/a/../b//c"));
}

static void refuses_what_does_not_fit(void)
{
    static char longest[PATH_CAPACITY];
    memset(longest, 'x', sizeof longest);
    set("/a");
    CHECK(path_append(&path, longest, PATH_CAPACITY - 3) == -ENAMETOOLONG && is("/a"));
    CHECK(path_append(&path, longest, sizeof longest) == -ENAMETOOLONG && is("/a"));
    CHECK(path_append(&path, longest, PATH_CAPACITY - 4) == 0 && path.length == PATH_CAPACITY - 1);
    CHECK(path_append(&path, "", 0) == 0);
    CHECK(path_append(&path, "y", 1) == -ENAMETOOLONG);
}

static void strips_the_kernels_mark(void)
{
    set("/tmp/x (deleted)");
    CHECK(path_strip_deleted(&path) && is("/tmp/x"));
    CHECK(!path_strip_deleted(&path) && is("/tmp/x"));
    set(" (deleted)");
    CHECK(!path_strip_deleted(&path));
}

static void finds_directories(void)
{
    char directory[] = "/tmp/pare sensor (deleted)XXXXXX";
    CHECK(mkdtemp(directory) != NULL && chmod(directory, 0700) == 0);
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(path_of_directory(&path, getpid(), descriptor) == 0 && is(directory));
    CHECK(rmdir(directory) == 0);
    CHECK(path_of_directory(&path, getpid(), descriptor) == 0 && is(directory));
    CHECK(close(descriptor) == 0);
    CHECK(path_of_directory(&path, getpid(), descriptor) == -ENOTDIR);
    int ends[2];
    CHECK(pipe(ends) == 0);
    CHECK(path_of_directory(&path, getpid(), ends[0]) == -ENOTDIR);
    close(ends[0]);
    close(ends[1]);
    CHECK(chdir("/usr") == 0 && path_of_directory(&path, getpid(), AT_FDCWD) == 0 && is("/usr"));
    CHECK(path_of_root(&path, getpid()) == 0 && is(""));
}

static void sees_what_the_process_would_see(void)
{
    pid_t parent = getppid();
    set("/proc/self/status");
    CHECK(path_look(&path, parent).existence == EXISTS_YES);
    set("/proc/self/fd/777");
    CHECK(path_look(&path, getpid()).existence == EXISTS_NO);
    set("/proc/selfish");
    CHECK(path_look(&path, getpid()).existence == EXISTS_NO);
    set("/etc/passwd/x");
    CHECK(path_look(&path, getpid()).existence == EXISTS_NO);
    set("/bin/sh");
    CHECK(path_look(&path, getpid()).existence == EXISTS_YES && (path_program_mode(&path, getpid()) & 0111) != 0);
    set("/etc/passwd");
    CHECK(path_program_mode(&path, getpid()) == 0);
    set("/usr");
    CHECK(path_program_mode(&path, getpid()) == 0);
}

void test_path(void)
{
    appends();
    refuses_what_does_not_fit();
    strips_the_kernels_mark();
    finds_directories();
    sees_what_the_process_would_see();
}
