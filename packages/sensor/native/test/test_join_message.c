#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../join_message.h"
#include "../version.h"
#include "check.h"

static void takes_a_greeting_of_its_protocol_only(void)
{
    const struct join_greeting good = {JOIN_MAGIC, PARE_SENSOR_PROTOCOL, 0, 7, 8};
    struct join_greeting taken;
    CHECK(join_parse_greeting(&good, sizeof good, &taken) && taken.guardian == 7 && taken.supervisor == 8);
    CHECK(!join_parse_greeting(&good, sizeof good - 1, &taken) && !join_parse_greeting(&good, 0, &taken));
    struct join_greeting bad[4] = {good, good, good, good};
    bad[0].magic++;
    bad[1].protocol++;
    bad[2].guardian = -1;
    bad[3].supervisor = 0;
    for (size_t i = 0; i < 4; i++) {
        CHECK(!join_parse_greeting(&bad[i], sizeof bad[i], &taken));
    }
}

static size_t parse(const struct msghdr *message, int *descriptors, size_t capacity)
{
    return join_parse_rights(message->msg_control, message->msg_controllen, descriptors, capacity);
}

/** As the kernel makes them: two descriptors, through a socket. */
static void takes_descriptors_that_were_sent(void)
{
    int pair[2], pipes[2], received[2] = {-1, -1};
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 && pipe(pipes) == 0);
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof pipes)];
    } control;
    memset(&control, 0, sizeof control);
    char byte = 0;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof pipes);
    memcpy(CMSG_DATA(header), pipes, sizeof pipes);
    CHECK(sendmsg(pair[0], &message, 0) == 1 && recvmsg(pair[1], &message, 0) == 1);
    CHECK(parse(&message, received, 2) == 2 && received[0] > 2 && received[1] > 2 && received[0] != received[1]);
    CHECK(parse(&message, received, 0) == 2);
    message.msg_controllen = CMSG_LEN(sizeof(int));
    CHECK(parse(&message, received, 2) == 0);
    header->cmsg_type = SCM_RIGHTS + 1;
    message.msg_controllen = sizeof control;
    CHECK(parse(&message, received, 2) == 0 && join_parse_rights(NULL, 0, received, 2) == 0);
    for (int i = 0; i < 2; i++) {
        close(pair[i]);
        close(pipes[i]);
        close(received[i]);
    }
}

void test_join_message(void)
{
    takes_a_greeting_of_its_protocol_only();
    takes_descriptors_that_were_sent();
}
