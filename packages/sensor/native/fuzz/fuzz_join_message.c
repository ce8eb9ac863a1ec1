/* What comes by the socket on which commands join: a greeting, and control data. */
#include <stdlib.h>
#include <string.h>

#include "../join_message.h"

enum { MOST = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // As long as it is: the sanitizer sees a read past its end.
    uint8_t *bytes = malloc(size == 0 ? 1 : size);
    struct join_greeting greeting;
    if (bytes == NULL) {
        return 0;
    }
    memcpy(bytes, data, size);
    if (join_parse_greeting(bytes, size, &greeting) && (greeting.guardian <= 0 || greeting.supervisor <= 0)) {
        abort();
    }
    for (size_t capacity = 0; capacity <= MOST; capacity++) {
        int *descriptors = malloc(capacity == 0 ? 1 : capacity * sizeof(int));
        if (descriptors != NULL && join_parse_rights(bytes, size, descriptors, capacity) * sizeof(int) > size) {
            abort();
        }
        free(descriptors);
    }
    free(bytes);
    return 0;
}
