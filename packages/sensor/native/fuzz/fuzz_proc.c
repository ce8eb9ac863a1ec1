/* /proc/PID/stat, /proc/PID/status and /proc/PID/limits: a process chooses its name. */
#include <stdlib.h>
#include <string.h>

#include "../proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    struct proc_stat stat;
    struct proc_status status;
    if (proc_parse_stat(text, &stat) && memchr(data, ')', size) == NULL) {
        abort();
    }
    if (proc_parse_status(text, &status) && (status.group_count > PROC_MAX_GROUPS || status.group == 0)) {
        abort();
    }
    uint64_t limit;
    if (proc_parse_hard_limit(text, size % 20, &limit) && size <= 26) {
        abort();
    }
    free(text);
    return 0;
}
