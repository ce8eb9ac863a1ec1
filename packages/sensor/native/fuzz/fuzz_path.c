/* Paths put together from a directory and what the application asked for: two texts parted by NUL. */
#include <stdlib.h>
#include <string.h>

#include "../path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct path path;
    const uint8_t *parting = memchr(data, '\0', size);
    size_t first = parting == NULL ? size : (size_t)(parting - data);
    size_t rest = parting == NULL ? 0 : size - first - 1;
    path.length = 0;
    path.text[0] = '\0';
    if (path_append(&path, (const char *)data, first) < 0) {
        return 0;
    }
    size_t before = path.length;
    int result = path_append(&path, parting == NULL ? "" : (const char *)parting + 1, rest);
    if (path.length >= PATH_CAPACITY || path.text[path.length] != '\0' || (result < 0 && path.length != before)) {
        abort();
    }
    path_strip_deleted(&path);
    return 0;
}
