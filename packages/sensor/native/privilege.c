#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/** As runc's fixStdioPermissions: /dev/stdout must be openable by the image's user. */
static int own_streams(uid_t uid, struct err *err)
{
    struct stat null_device;
    if (stat("/dev/null", &null_device) < 0) {
        memset(&null_device, 0, sizeof null_device);
    }
    for (int stream = 0; stream < 3; stream++) {
        struct stat status;
        if (fstat(stream, &status) < 0 || status.st_uid == uid ||
            (S_ISCHR(status.st_mode) && status.st_rdev == null_device.st_rdev)) {
            continue;
        }
        if (fchown(stream, uid, (gid_t)-1) < 0 && errno != EINVAL && errno != EPERM && errno != EROFS) {
            return err_set(err, errno, "cannot give standard stream %d to the user", stream);
        }
    }
    return 0;
}

static int drop_bounding(uint64_t kept, struct err *err)
{
    // The kernel refuses the first number that it does not know.
    for (int capability = 0; capability < 64; capability++) {
        int has = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (has < 0) {
            break;
        }
        if (has == 1 && (kept >> capability & 1) == 0 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            return err_set(err, errno, "cannot drop capability %d", capability);
        }
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return 0;
}

/** A root user has the whole set at once; any other has none but through a program file's. */
static int set_capabilities(const struct options *options, struct err *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    uint64_t permitted = geteuid() == 0 ? options->capabilities : 0;
    for (int half = 0; half < 2; half++) {
        data[half].permitted = (uint32_t)(permitted >> 32 * half);
        data[half].effective = data[half].permitted;
        data[half].inheritable = (uint32_t)(options->inheritable >> 32 * half);
    }
    if (syscall(SYS_capset, &header, data) < 0) {
        return err_set(err, errno, "cannot set the capabilities");
    }
    return 0;
}

static int set_ids(const struct options *options, struct err *err)
{
    int result = own_streams(options->uid, err);
    if (result < 0) {
        return result;
    }
    // musl's and glibc's wrappers only differ from the calls when there are threads.
    if (setgroups(options->group_count, options->groups) < 0) {
        return err_set(err, errno, "cannot set the groups");
    }
    if (setresgid(options->gid, options->gid, options->gid) < 0) {
        return err_set(err, errno, "cannot become group %u", options->gid);
    }
    if (setresuid(options->uid, options->uid, options->uid) < 0) {
        return err_set(err, errno, "cannot become user %u", options->uid);
    }
    return 0;
}

int privilege_become(const struct options *options, struct err *err)
{
    int result = 0;
    if (options->set_capabilities) {
        result = drop_bounding(options->capabilities, err);
    }
    if (result == 0 && options->set_ids) {
        result = set_ids(options, err);
    }
    if (result == 0 && options->set_capabilities) {
        result = set_capabilities(options, err);
    }
    return result;
}

bool privilege_can_be_had(const struct options *options, int capability)
{
    return options->set_capabilities ? (options->capabilities >> capability & 1) != 0
                                     : prctl(PR_CAPBSET_READ, capability) == 1;
}
