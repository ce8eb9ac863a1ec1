#include "lookup.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/** Who is not observed, the host or another container, may replace a directory too: that is noticed after so long. */
static const uint64_t kept_ns = 10 * 1000 * 1000;

void lookup_init(struct lookup *lookup, bool keeps_directory)
{
    lookup->keeps_directory = keeps_directory;
    lookup->directory = -1;
    lookup->length = 0;
}

void lookup_forget(struct lookup *lookup)
{
    if (lookup->directory >= 0) {
        close(lookup->directory);
        lookup->directory = -1;
    }
    lookup->length = 0;
}

/** Whether the path is a plain name in a directory that is the same one for every thread: what is behind /proc/self is not. */
static bool has_common_directory(const struct path *path, size_t length)
{
    static const char *const own[] = {"/proc", "/dev/fd"};
    const char *name = path->text + length + 1;
    bool plain = length > 0 && name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        plain = plain && strncmp(path->text, own[i], strlen(own[i])) != 0;
    }
    return plain;
}

/** Opens the directory when it is asked for again. Returns whether it is open. */
static bool open_directory(struct lookup *lookup, const struct path *path, size_t length, uint64_t now_ns)
{
    bool same = length == lookup->length && memcmp(path->text, lookup->name, length) == 0;
    if (same && lookup->directory >= 0 && now_ns - lookup->opened_ns < kept_ns) {
        return true;
    }
    lookup_forget(lookup);
    if (same) {
        lookup->name[length] = '\0';
        lookup->directory = open(lookup->name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        lookup->opened_ns = now_ns;
    } else {
        memcpy(lookup->name, path->text, length);
    }
    lookup->length = length;
    return lookup->directory >= 0;
}

struct path_status lookup_path(struct lookup *lookup, const struct path *path, pid_t tid, uint64_t now_ns)
{
    const char *slash = memrchr(path->text, '/', path->length);
    size_t length = slash == NULL ? 0 : (size_t)(slash - path->text);
    if (lookup->keeps_directory && has_common_directory(path, length) &&
        open_directory(lookup, path, length, now_ns)) {
        return path_look_in(lookup->directory, slash + 1);
    }
    return path_look(path, tid);
}
