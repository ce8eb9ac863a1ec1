#include "join_message.h"

#include <string.h>
#include <sys/socket.h>

#include "version.h"

bool join_parse_greeting(const void *bytes, size_t size, struct join_greeting *greeting)
{
    if (size != sizeof *greeting) {
        return false;
    }
    memcpy(greeting, bytes, sizeof *greeting);
    // A signal to such a number would be one to a group or to everyone; the filter shields none of them.
    return greeting->magic == JOIN_MAGIC && greeting->protocol == PARE_SENSOR_PROTOCOL && greeting->guardian > 0 &&
           greeting->supervisor > 0;
}

size_t join_parse_rights(const void *control, size_t size, int *descriptors, size_t capacity)
{
    const uint8_t *at = control;
    size_t count = 0;
    // cmsg(3), with copies in place of its macros: nothing is known of alignment, nor that lengths are right.
    for (size_t left = size; left >= CMSG_LEN(0);) {
        struct cmsghdr header;
        memcpy(&header, at, sizeof header);
        size_t length = (size_t)header.cmsg_len;
        if (length < CMSG_LEN(0) || length > left) {
            break;
        }
        if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS) {
            for (size_t place = CMSG_LEN(0); length - place >= sizeof(int); place += sizeof(int)) {
                if (count < capacity) {
                    memcpy(&descriptors[count], at + place, sizeof(int));
                }
                count++;
            }
        }
        size_t step = CMSG_ALIGN(length);
        if (step > left) {
            break;
        }
        at += step;
        left -= step;
    }
    return count;
}
