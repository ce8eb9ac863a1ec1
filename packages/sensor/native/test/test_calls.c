#include "../calls.h"
#include "../generated/syscall_numbers.h"
#include "../observe_look.h"
#include "check.h"

void test_calls(void)
{
    static struct call_index index;
    static const int32_t openat[] = NUMBERS_openat, read[] = NUMBERS_read, linkat[] = NUMBERS_linkat;
    calls_index(&index);
    const struct call *call = calls_find(&index, ARCH_NATIVE, (uint32_t)openat[ARCH_NATIVE]);
    CHECK(call != NULL && call->kind == CALL_PATH && call->directory == 0 && call->path == 1 && call->flags == 2);
    CHECK(call == calls_find(&index, ARCH_COMPAT, (uint32_t)openat[ARCH_COMPAT]));
    call = calls_find(&index, ARCH_NATIVE, (uint32_t)linkat[ARCH_NATIVE]);
    CHECK(call != NULL && call->directory2 == 2 && call->path2 == 3);
    CHECK(calls_find(&index, ARCH_NATIVE, (uint32_t)read[ARCH_NATIVE]) == NULL);
    static const int32_t chown[] = NUMBERS_fchownat, setuid[] = NUMBERS_setuid;
    struct call_report report = calls_report(&index, ARCH_NATIVE, (uint32_t)chown[ARCH_NATIVE]);
    CHECK(report.wanted && !report.changes_rights && report.arguments == 0x0c);
    CHECK(calls_report(&index, ARCH_COMPAT, (uint32_t)setuid[ARCH_COMPAT]).changes_rights);
    CHECK(!calls_report(&index, ARCH_NATIVE, (uint32_t)read[ARCH_NATIVE]).wanted);
    static const int32_t attribute[] = NUMBERS_setxattrat, limits[] = NUMBERS_prlimit64;
    report = calls_report(&index, ARCH_NATIVE, (uint32_t)attribute[ARCH_NATIVE]);
    CHECK(report.wanted && report.look == LOOK_ATTRIBUTE && report.pointer == 3);
    report = calls_report(&index, ARCH_COMPAT, (uint32_t)limits[ARCH_COMPAT]);
    CHECK(report.look == LOOK_LIMITS && report.pointer == 2 && report.arguments == 3);
    CHECK(attribute_class_of("security.capability") == ATTRIBUTE_CAPABILITY);
    CHECK(attribute_class_of("security.capability2") == ATTRIBUTE_SECURITY && attribute_class_of("security.") == ATTRIBUTE_SECURITY);
    CHECK(attribute_class_of("trusted.overlay") == ATTRIBUTE_TRUSTED && attribute_class_of("system.posix_acl_access") == ATTRIBUTE_SYSTEM);
    CHECK(attribute_class_of("user.security.capability") == ATTRIBUTE_OTHER && attribute_class_of("") == ATTRIBUTE_OTHER);
    CHECK(!calls_report(&index, ARCH_NATIVE, CALLS_INDEXED).wanted && !calls_report(&index, ARCH_COMPAT, UINT32_MAX).wanted);
    CHECK(calls_find(&index, ARCH_NATIVE, CALLS_INDEXED) == NULL);
    CHECK(calls_find(&index, ARCH_NATIVE, UINT32_MAX) == NULL);
}
