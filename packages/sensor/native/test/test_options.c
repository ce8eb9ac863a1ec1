#include <string.h>

#include "../options.h"
#include "check.h"

static struct options options;
static struct err err;

static int parse(char *const *words)
{
    // The options point into it.
    static char *argv[32];
    int count = 0;
    for (; words[count] != NULL; count++) {
        argv[count] = words[count];
    }
    argv[count] = NULL;
    return options_parse(count, argv, &options, &err);
}

#define PARSE(...) parse((char *[]){"pare-sensor", __VA_ARGS__, NULL})

static void takes_everything(void)
{
    CHECK(PARSE("run", "--record", "/r", "--uid", "65534", "--gid", "7", "--groups", "7,8", "--caps", "a80425fb",
                "--no-new-privs", "--detach", "/a", "--detach", "/b", "--home", "/h", "--", "ls", "--", "-l") == 0);
    CHECK(options.command == COMMAND_RUN && strcmp(options.record, "/r") == 0);
    CHECK(options.set_ids && options.uid == 65534 && options.gid == 7);
    CHECK(options.group_count == 2 && options.groups[1] == 8);
    CHECK(options.set_capabilities && options.capabilities == 0xa80425fb && options.inheritable == 0);
    CHECK(options.no_new_privileges && !options.restore_docker_refusals && !options.untraced);
    CHECK(options.detach_count == 2 && strcmp(options.detach[1], "/b") == 0);
    CHECK(strcmp(options.argv[0], "ls") == 0 && strcmp(options.argv[1], "--") == 0);
    CHECK(options.mode == MODE_AUTO && options.socket == NULL && !options.sensor_first);
    CHECK(PARSE("join", "--record", "/r", "--socket", "/s", "--", "ls") == 0);
    CHECK(options.command == COMMAND_JOIN && strcmp(options.socket, "/s") == 0);
    CHECK(PARSE("run", "--record", "/r", "--mode", "fanotify", "--sensor-first", "--", "ls") == 0);
    CHECK(options.mode == MODE_FANOTIFY && options.sensor_first);
    CHECK(PARSE("--version") == 0 && options.command == COMMAND_VERSION);
    CHECK(PARSE("run", "--record", "/r", "--uid", "0", "--gid", "0", "--groups", "", "--", "ls") == 0);
    CHECK(options.set_ids && options.group_count == 0);
}

static void refuses(const char *expected, int result)
{
    if (result == 0 || strstr(err.text, expected) == NULL) {
        fprintf(stderr, "expected \"%s\", got %d \"%s\"\n", expected, result, err.text);
        exit(1);
    }
}

void test_options(void)
{
    takes_everything();
    refuses("usage", PARSE("go"));
    refuses("usage", options_parse(1, (char *[]){"pare-sensor", NULL}, &options, &err));
    refuses("no --", PARSE("run", "--record", "/r"));
    refuses("no program", PARSE("run", "--record", "/r", "--"));
    refuses("--record is needed", PARSE("run", "--", "ls"));
    refuses("bad value of --record", PARSE("run", "--record"));
    refuses("bad value of --record", PARSE("run", "--record", "", "--", "ls"));
    refuses("bad value of --home", PARSE("run", "--record", "/r", "--home", "--", "ls"));
    refuses("unknown option --what", PARSE("run", "--what", "x", "--", "ls"));
    refuses("come together", PARSE("run", "--record", "/r", "--uid", "1", "--", "ls"));
    refuses("bad value of --uid", PARSE("run", "--uid", "-1", "--", "ls"));
    refuses("bad value of --uid", PARSE("run", "--uid", "4294967295", "--", "ls"));
    refuses("bad value of --gid", PARSE("run", "--gid", "1x", "--", "ls"));
    refuses("bad value of --groups", PARSE("run", "--groups", "1,,2", "--", "ls"));
    refuses("bad value of --groups", PARSE("run", "--groups", "1,", "--", "ls"));
    refuses("bad value of --groups", PARSE("run", "--groups", "99999999999999999999", "--", "ls"));
    refuses("bad value of --caps", PARSE("run", "--caps", "1ffffffffffffffff", "--", "ls"));
    refuses("bad value of --caps", PARSE("run", "--caps", "xyz", "--", "ls"));
    refuses("bad value of --detach", PARSE("run", "--detach", "relative", "--", "ls"));
    refuses("bad value of --socket", PARSE("run", "--socket", "relative", "--", "ls"));
    refuses("bad value of --mode", PARSE("run", "--mode", "ptrace", "--", "ls"));
    refuses("join needs --socket", PARSE("join", "--record", "/r", "--", "ls"));
    refuses("not within", PARSE("run", "--record", "/r", "--caps", "1", "--inheritable", "2", "--", "ls"));
}
