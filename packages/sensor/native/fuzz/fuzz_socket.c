/* Socket addresses: any bytes of the application's memory. */
#include <stdlib.h>
#include <string.h>

#include "../socket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // As long as it is: the sanitizer sees a read past its end.
    uint8_t *bytes = malloc(size == 0 ? 1 : size);
    struct endpoint endpoint;
    if (bytes == NULL) {
        return 0;
    }
    memcpy(bytes, data, size);
    if (socket_parse(bytes, size, &endpoint) &&
        (endpoint.address < bytes || endpoint.address + endpoint.address_length > bytes + size)) {
        abort();
    }
    free(bytes);
    return 0;
}
