#include "join.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "filter.h"
#include "join_message.h"
#include "record.h"

static int connect_to(const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return err_set(err, ENAMETOOLONG, "cannot join by %s", path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) < 0) {
        int code = errno;
        if (connection >= 0) {
            close(connection);
        }
        return err_set(err, code, "cannot join the sensor by %s", path);
    }
    return connection;
}

static int read_greeting(int connection, struct join_greeting *greeting, struct err *err)
{
    // MSG_TRUNC: the message's own length, also when it is longer.
    uint8_t bytes[sizeof *greeting];
    ssize_t got = recv(connection, bytes, sizeof bytes, MSG_TRUNC);
    if (got < 0 || !join_parse_greeting(bytes, (size_t)got, greeting)) {
        return err_set(err, EPROTO, "the sensor that runs here is another version, or has too much to watch");
    }
    return 0;
}

static int send_descriptors(int connection, int listener, int record, struct err *err)
{
    const int descriptors[JOIN_DESCRIPTORS] = {listener, record};
    char byte = 0;
    struct iovec data = {&byte, 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof descriptors)];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptors);
    memcpy(CMSG_DATA(header), descriptors, sizeof descriptors);
    // Both calls are such as the filter lets through: nobody serves it yet.
    if (sendmsg(connection, &message, MSG_NOSIGNAL) != 1 || recv(connection, &byte, 1, 0) != 1) {
        return err_set(err, EPROTO, "the sensor that runs here did not take the command");
    }
    return 0;
}

int join_enter(struct join *join, const struct options *options, struct err *err)
{
    struct join_greeting greeting;
    int record = record_open_file(options->record, err);
    if (record < 0) {
        return record;
    }
    join->connection = connect_to(options->socket, err);
    if (join->connection < 0) {
        return join->connection;
    }
    int result = read_greeting(join->connection, &greeting, err);
    if (result < 0 || greeting.no_listener != 0) {
        return result;
    }
    struct filter filter;
    filter_build(&filter, &(struct filter_options){
                              .restore_docker_refusals = options->restore_docker_refusals,
                              .restore_docker_20_refusals = options->restore_docker_20_refusals,
                              .capabilities = options->capabilities,
                              .own = {greeting.guardian, greeting.supervisor},
                          });
    int listener = filter_install(&filter, err);
    return listener < 0 ? listener : send_descriptors(join->connection, listener, record, err);
}

void join_arm(const struct join *join)
{
    char byte = 0;
    send(join->connection, &byte, 1, MSG_NOSIGNAL);
}
