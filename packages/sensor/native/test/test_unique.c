#include <string.h>

#include "../unique.h"
#include "check.h"

static struct fingerprint of(const struct unique *set, uint64_t number, const char *text)
{
    return unique_fingerprint(set, &number, 1, text, strlen(text));
}

static void keeps_facts_apart(void)
{
    struct unique set;
    CHECK(unique_init(&set, 1 << 16, 42) == 0);
    CHECK(!unique_has(&set, of(&set, 1, "/a")));
    unique_add(&set, of(&set, 1, "/a"));
    unique_add(&set, of(&set, 1, "/a"));
    CHECK(set.count == 1 && unique_has(&set, of(&set, 1, "/a")));
    const char *others[] = {"", "/", "/b", "/a/", "/a\x01", "/aaaaaaaa", "/aaaaaaaaa"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK(!unique_has(&set, of(&set, 1, others[i])));
    }
    CHECK(!unique_has(&set, of(&set, 2, "/a")));
    CHECK(!unique_has(&set, unique_fingerprint(&set, NULL, 0, "\0/a", 3)));
    unique_free(&set);
}

static void grows_and_keeps_all(void)
{
    struct unique set;
    CHECK(unique_init(&set, 1 << 18, 7) == 0);
    for (uint64_t i = 0; i < 100000; i++) {
        CHECK(!unique_has(&set, of(&set, i, "/some/path")));
        unique_add(&set, of(&set, i, "/some/path"));
    }
    CHECK(set.count == 100000);
    for (uint64_t i = 0; i < 100000; i++) {
        CHECK(unique_has(&set, of(&set, i, "/some/path")));
    }
    unique_free(&set);
}

static void is_emptied_at_its_bound(void)
{
    struct unique set;
    CHECK(unique_init(&set, 64, 7) == 0);
    for (uint64_t i = 0; i < 1000; i++) {
        unique_add(&set, of(&set, i, ""));
        CHECK(set.count < 64 && set.capacity == 64);
    }
    unique_free(&set);
}

void test_unique(void)
{
    keeps_facts_apart();
    grows_and_keeps_all();
    is_emptied_at_its_bound();
}
