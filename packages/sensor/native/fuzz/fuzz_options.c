/* The command line, words parted by NUL: it holds what an image's config says. */
#include <stdlib.h>
#include <string.h>

#include "../options.h"

enum { MAX_WORDS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    char *argv[MAX_WORDS + 3] = {"pare-sensor", "run"};
    int argc = 2;
    for (size_t at = 0; at <= size && argc < MAX_WORDS; at += strlen(text + at) + 1) {
        argv[argc++] = text + at;
    }
    argv[argc] = NULL;
    struct options options;
    struct err err = {.code = 0};
    if (options_parse(argc, argv, &options, &err) == 0 &&
        (options.argv == NULL || options.argv[0] == NULL || options.group_count > OPTIONS_MAX_GROUPS ||
         options.detach_count > OPTIONS_MAX_DETACH || (options.inheritable & ~options.capabilities) != 0)) {
        abort();
    }
    free(text);
    return 0;
}
