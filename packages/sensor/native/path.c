#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int path_append(struct path *path, const char *rest, size_t length)
{
    bool slash = length > 0 && rest[0] != '/' && (path->length == 0 || path->text[path->length - 1] != '/');
    size_t begin = path->length + (slash ? 1 : 0);
    if (length >= PATH_CAPACITY - begin) {
        return -ENAMETOOLONG;
    }
    if (slash) {
        path->text[path->length] = '/';
    }
    memcpy(path->text + begin, rest, length);
    path->length = begin + length;
    path->text[path->length] = '\0';
    return 0;
}

bool path_strip_deleted(struct path *path)
{
    static const char mark[] = " (deleted)";
    const size_t size = sizeof mark - 1;
    if (path->length <= size || memcmp(path->text + path->length - size, mark, size) != 0) {
        return false;
    }
    path->length -= size;
    path->text[path->length] = '\0';
    return true;
}

/** Reads a link of /proc that names a place in the file system. */
static int read_proc_link(struct path *path, const char *name)
{
    ssize_t got = readlink(name, path->text, PATH_LIMIT);
    if (got < 0) {
        // For a thread that is there, ENOENT is a descriptor that is not open.
        return errno == ENOENT ? -ENOTDIR : -errno;
    }
    path->length = (size_t)got;
    path->text[path->length] = '\0';
    if (path->text[0] == '/') {
        return 0;
    }
    // "pipe:[7]", "anon_inode:..." have no path; "(unreachable)/x" has one that we cannot name.
    return path->text[0] == '(' ? -EXDEV : -ENOTDIR;
}

int path_of_directory(struct path *path, pid_t tid, int descriptor)
{
    char name[48];
    if (descriptor == AT_FDCWD) {
        snprintf(name, sizeof name, "/proc/%d/cwd", tid);
    } else {
        snprintf(name, sizeof name, "/proc/%d/fd/%d", tid, descriptor);
    }
    int result = read_proc_link(path, name);
    if (result < 0) {
        return result;
    }
    struct stat status;
    // A name may end in the same characters: only a directory without links is a removed one.
    if (path->text[path->length - 1] == ')' && stat(name, &status) == 0 && status.st_nlink == 0) {
        path_strip_deleted(path);
    }
    return 0;
}

int path_of_root(struct path *path, pid_t tid)
{
    char name[32];
    snprintf(name, sizeof name, "/proc/%d/root", tid);
    int result = read_proc_link(path, name);
    if (result == 0 && path->length == 1) {
        path->length = 0;
        path->text[0] = '\0';
    }
    return result;
}

/**
 * What the sensor must ask for in place of a path below /proc/self and its like. Returns `path` itself, or
 * `buffer`.
 */
static const char *as_seen_by(const struct path *path, pid_t tid, char *buffer, size_t capacity)
{
    static const struct {
        const char *prefix;
        const char *suffix;
    } own[] = {{"/proc/self", ""}, {"/proc/thread-self", ""}, {"/dev/fd", "/fd"}};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        size_t length = strlen(own[i].prefix);
        // The names themselves are links that exist; only what is behind them differs.
        if (strncmp(path->text, own[i].prefix, length) == 0 && path->text[length] == '/') {
            snprintf(buffer, capacity, "/proc/%d%s%s", tid, own[i].suffix, path->text + length);
            return buffer;
        }
    }
    return path->text;
}

struct path_status path_look_in(int directory, const char *name)
{
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        return (struct path_status){EXISTS_YES, status.st_mode, status.st_uid, status.st_gid};
    }
    return (struct path_status){.existence = errno == ENOENT || errno == ENOTDIR ? EXISTS_NO : EXISTS_UNKNOWN};
}

struct path_status path_look(const struct path *path, pid_t tid)
{
    char buffer[PATH_CAPACITY + 32];
    return path_look_in(AT_FDCWD, as_seen_by(path, tid, buffer, sizeof buffer));
}

uint32_t path_program_mode(const struct path *path, pid_t tid)
{
    char buffer[PATH_CAPACITY + 32];
    struct stat status;
    bool found = fstatat(AT_FDCWD, as_seen_by(path, tid, buffer, sizeof buffer), &status, 0) == 0 &&
                 S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
    return found ? status.st_mode : 0;
}
