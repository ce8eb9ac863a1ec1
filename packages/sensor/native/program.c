#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** Go's exec.LookPath: not a directory, and executable by anyone. */
static int check(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0) {
        return -errno;
    }
    return S_ISDIR(status.st_mode) || (status.st_mode & 0111) == 0 ? -EACCES : 0;
}

static int set_path(struct path *path, const char *text, size_t length)
{
    if (length >= sizeof path->text) {
        return -ENAMETOOLONG;
    }
    memcpy(path->text, text, length);
    path->text[length] = '\0';
    path->length = length;
    return 0;
}

int program_find(const char *name, struct path *path, struct err *err)
{
    if (strchr(name, '/') != NULL) {
        int result = set_path(path, name, strlen(name));
        result = result < 0 ? result : check(name);
        return result < 0 ? err_set(err, -result, "exec: \"%s\"", name) : 0;
    }
    const char *rest = getenv("PATH");
    while (rest != NULL && *name != '\0') {
        size_t length = strcspn(rest, ":");
        // An empty element is the working directory.
        int result = length == 0 ? set_path(path, ".", 1) : set_path(path, rest, length);
        if (result == 0 && path_append(path, name, strlen(name)) == 0 && check(path->text) == 0) {
            return 0;
        }
        rest = rest[length] == ':' ? rest + length + 1 : NULL;
    }
    err_set(err, 0, "exec: \"%s\": executable file not found in $PATH", name);
    err->code = ENOENT;
    return -ENOENT;
}

int program_exit_code(int error)
{
    return error == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}
