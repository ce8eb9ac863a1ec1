#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/** Whole-string unsigned number below or equal to `limit`. */
static int parse_number(const char *text, int base, uint64_t limit, uint64_t *out)
{
    if (*text == '\0' || *text == '-' || *text == '+' || *text == ' ') {
        return -EINVAL;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, base);
    if (errno != 0 || *end != '\0' || value > limit) {
        return -EINVAL;
    }
    *out = value;
    return 0;
}

static int parse_groups(const char *text, struct options *options)
{
    options->group_count = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        char one[16];
        if (length == 0 || length >= sizeof one || options->group_count == OPTIONS_MAX_GROUPS) {
            return -EINVAL;
        }
        memcpy(one, text, length);
        one[length] = '\0';
        uint64_t value = 0;
        if (parse_number(one, 10, UINT32_MAX - 1, &value) < 0) {
            return -EINVAL;
        }
        options->groups[options->group_count++] = (gid_t)value;
        text += length;
        if (*text == ',' && *++text == '\0') {
            return -EINVAL;
        }
    }
    return 0;
}

static int parse_flag(const char *name, struct options *options)
{
    static const struct {
        const char *name;
        size_t offset;
    } flags[] = {
        {"--sensor-first", offsetof(struct options, sensor_first)},
        {"--no-new-privs", offsetof(struct options, no_new_privileges)},
        {"--restore-docker-refusals", offsetof(struct options, restore_docker_refusals)},
        {"--restore-docker-20-refusals", offsetof(struct options, restore_docker_20_refusals)},
        {"--untraced", offsetof(struct options, untraced)},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(name, flags[i].name) == 0) {
            *(bool *)((char *)options + flags[i].offset) = true;
            return 0;
        }
    }
    return -ENOENT;
}

static int parse_mode(const char *text, enum mode *mode)
{
    static const char *const names[] = {[MODE_AUTO] = "auto", [MODE_NOTIFY] = "notify", [MODE_FANOTIFY] = "fanotify"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *mode = (enum mode)i;
            return 0;
        }
    }
    return -EINVAL;
}

/** Which of the three ID options were given. */
enum { SEEN_UID = 1, SEEN_GID = 2, SEEN_GROUPS = 4, SEEN_ALL_IDS = 7 };

/** Returns -ENOENT when there is no option of that name, -EINVAL for a bad value. */
static int parse_valued(const char *name, const char *value, struct options *options, unsigned *seen)
{
    uint64_t number = 0;
    if (strcmp(name, "--record") == 0) {
        options->record = value;
        return *value == '\0' ? -EINVAL : 0;
    }
    if (strcmp(name, "--home") == 0) {
        options->home = value;
        return 0;
    }
    if (strcmp(name, "--socket") == 0) {
        options->socket = value;
        return *value == '/' ? 0 : -EINVAL;
    }
    if (strcmp(name, "--mode") == 0) {
        return parse_mode(value, &options->mode);
    }
    if (strcmp(name, "--detach") == 0) {
        if (*value != '/' || options->detach_count == OPTIONS_MAX_DETACH) {
            return -EINVAL;
        }
        options->detach[options->detach_count++] = value;
        return 0;
    }
    if (strcmp(name, "--groups") == 0) {
        *seen |= SEEN_GROUPS;
        return parse_groups(value, options);
    }
    if (strcmp(name, "--uid") == 0 || strcmp(name, "--gid") == 0) {
        // The highest number means "leave it" to setresuid(2).
        if (parse_number(value, 10, UINT32_MAX - 1, &number) < 0) {
            return -EINVAL;
        }
        if (name[2] == 'u') {
            options->uid = (uid_t)number;
            *seen |= SEEN_UID;
        } else {
            options->gid = (gid_t)number;
            *seen |= SEEN_GID;
        }
        return 0;
    }
    if (strcmp(name, "--caps") == 0) {
        options->set_capabilities = true;
        return parse_number(value, 16, UINT64_MAX, &options->capabilities);
    }
    if (strcmp(name, "--inheritable") == 0) {
        return parse_number(value, 16, UINT64_MAX, &options->inheritable);
    }
    return -ENOENT;
}

static int check_whole(const struct options *options, unsigned seen, struct err *err)
{
    if (options->argv[0] == NULL) {
        return err_set(err, 0, "no program after --");
    }
    if (options->record == NULL && !options->untraced) {
        return err_set(err, 0, "--record is needed");
    }
    if (seen != 0 && seen != SEEN_ALL_IDS) {
        return err_set(err, 0, "--uid, --gid and --groups come together");
    }
    if (options->command == COMMAND_JOIN && options->socket == NULL) {
        return err_set(err, 0, "join needs --socket");
    }
    if ((options->inheritable & ~options->capabilities) != 0) {
        return err_set(err, 0, "--inheritable is not within --caps");
    }
    return 0;
}

int options_parse(int argc, char **argv, struct options *options, struct err *err)
{
    memset(options, 0, sizeof *options);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        options->command = COMMAND_VERSION;
        return 0;
    }
    if (argc < 2 || (strcmp(argv[1], "run") != 0 && strcmp(argv[1], "join") != 0)) {
        return err_set(err, 0, "usage: pare-sensor run|join --record FILE [options] -- program [arguments]");
    }
    options->command = argv[1][0] == 'j' ? COMMAND_JOIN : COMMAND_RUN;
    unsigned seen = 0;
    int i = 2;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *name = argv[i];
        if (parse_flag(name, options) == 0) {
            continue;
        }
        bool has_value = i + 1 < argc && strcmp(argv[i + 1], "--") != 0;
        int result = parse_valued(name, has_value ? argv[i + 1] : "", options, &seen);
        if (result == -ENOENT) {
            return err_set(err, 0, "unknown option %s", name);
        }
        if (result < 0 || !has_value) {
            return err_set(err, 0, "bad value of %s", name);
        }
        i++;
    }
    if (i == argc) {
        return err_set(err, 0, "no -- before the program");
    }
    options->argv = argv + i + 1;
    options->set_ids = seen == SEEN_ALL_IDS;
    return check_whole(options, seen, err);
}
