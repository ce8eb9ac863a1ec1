#include "err.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
    err->code = code;
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    if (code != 0 && used >= 0 && (size_t)used < sizeof err->text) {
        snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s", strerror(code));
        // As Go, and with it runc, writes the system's messages.
        if (err->text[used] == ':' && (size_t)used + 3 < sizeof err->text && islower(err->text[used + 3])) {
            err->text[used + 2] = (char)tolower(err->text[used + 2]);
        }
    }
    return code == 0 ? -EINVAL : -code;
}
