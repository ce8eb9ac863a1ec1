#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lookup.h"
#include "check.h"

static struct lookup lookup;
static struct path path;
static char root[] = "/tmp/pare-lookup-XXXXXX";

static const uint64_t begin_ns = 1000;
static const uint64_t later_ns = 1000 + 10 * 1000 * 1000;

static void set(const char *name)
{
    path.length = (size_t)snprintf(path.text, sizeof path.text, "%s/%s", root, name);
}

static enum existence existence(const char *name, uint64_t now_ns)
{
    set(name);
    return lookup_path(&lookup, &path, getpid(), now_ns).existence;
}

static void make(const char *name, bool directory)
{
    set(name);
    CHECK(directory ? mkdir(path.text, 0755) == 0 : mknod(path.text, S_IFREG | 0640, 0) == 0);
}

/** Takes the directory `name` away, and makes an empty one of that name. */
static void replace(const char *name)
{
    char old[64];
    snprintf(old, sizeof old, "%s/%s", root, name);
    set("old");
    CHECK(rename(old, path.text) == 0);
    make(name, true);
}

static void prepare(bool keeps_directory)
{
    strcpy(root + sizeof root - 7, "XXXXXX");
    CHECK(mkdtemp(root) != NULL);
    make("a", true);
    make("a/there", false);
    lookup_init(&lookup, keeps_directory);
}

static void clean_up(void)
{
    static const char *const files[] = {"a/there", "old/there", "link"};
    static const char *const directories[] = {"a", "old", "b", ""};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        set(files[i]);
        unlink(path.text);
    }
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
        set(directories[i]);
        rmdir(path.text);
    }
    lookup_forget(&lookup);
}

static void answers_as_a_walk_from_the_root_does(void)
{
    static const char *const names[] = {"a/there", "a/missing", "a/there", "a/there/x", "a/", "a/.", "a/..", "a", "b/x", "b/y", ""};
    prepare(true);
    for (size_t i = 0; i < 3 * sizeof names / sizeof names[0]; i++) {
        set(names[i % (sizeof names / sizeof names[0])]);
        struct path_status walked = path_look(&path, getpid());
        struct path_status found = lookup_path(&lookup, &path, getpid(), begin_ns);
        CHECK(found.existence == walked.existence && found.mode == walked.mode && found.uid == walked.uid &&
              found.gid == walked.gid);
    }
    clean_up();
}

static void keeps_the_directory_of_neighbours(void)
{
    prepare(true);
    CHECK(existence("a/missing", begin_ns) == EXISTS_NO && lookup.directory < 0);
    CHECK(existence("a/there", begin_ns) == EXISTS_YES && lookup.directory >= 0);
    replace("a");
    CHECK(existence("a/there", later_ns - 1) == EXISTS_YES);
    CHECK(existence("a", later_ns - 1) == EXISTS_YES && lookup.directory < 0);
    clean_up();
}

static void forgets_it_when_told_and_after_a_while(void)
{
    prepare(true);
    existence("a/there", begin_ns);
    existence("a/there", begin_ns);
    int directory = lookup.directory;
    replace("a");
    CHECK(directory >= 0 && existence("a/there", later_ns) == EXISTS_NO);
    make("a/there", false);
    lookup_forget(&lookup);
    CHECK(lookup.directory < 0 && fcntl(directory, F_GETFD) < 0 && errno == EBADF);
    CHECK(existence("a/there", later_ns) == EXISTS_YES && lookup.directory < 0);
    clean_up();
}

static void keeps_none_where_mounts_may_be_taken_away(void)
{
    prepare(false);
    existence("a/there", begin_ns);
    existence("a/there", begin_ns);
    CHECK(lookup.directory < 0);
    clean_up();
}

static void keeps_none_that_another_thread_sees_differently(void)
{
    static const char *const names[] = {"/proc/self/fd/0", "/proc/self/fd/1", "/dev/fd/0", "/dev/fd/1"};
    prepare(true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        path.length = strlen(names[i]);
        memcpy(path.text, names[i], path.length + 1);
        lookup_path(&lookup, &path, getpid(), begin_ns);
        CHECK(lookup.directory < 0);
    }
    clean_up();
}

void test_lookup(void)
{
    answers_as_a_walk_from_the_root_does();
    keeps_the_directory_of_neighbours();
    forgets_it_when_told_and_after_a_while();
    keeps_none_where_mounts_may_be_taken_away();
    keeps_none_that_another_thread_sees_differently();
}
