#include "join_server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "version.h"

enum { BACKLOG = 64 };

int join_listen(const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return err_set(err, ENAMETOOLONG, "cannot listen on %s", path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (listening < 0) {
        return err_set(err, errno, "cannot make a socket");
    }
    if (bind(listening, (struct sockaddr *)&address, sizeof address) < 0 || listen(listening, BACKLOG) < 0) {
        int code = errno;
        close(listening);
        return err_set(err, code, "cannot listen on %s", path);
    }
    return listening;
}

/** Receives the two descriptors. Returns a negative errno; then there are none. */
static int receive_descriptors(int connection, int descriptors[JOIN_DESCRIPTORS])
{
    char byte;
    struct iovec data = {&byte, 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * JOIN_DESCRIPTORS)];
    } control;
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) != 1) {
        return -EPROTO;
    }
    size_t count = join_parse_rights(message.msg_control, message.msg_controllen, descriptors, JOIN_DESCRIPTORS);
    if (count == JOIN_DESCRIPTORS) {
        return 0;
    }
    for (size_t i = 0; i < count && i < JOIN_DESCRIPTORS; i++) {
        close(descriptors[i]);
    }
    return -EPROTO;
}

static int greet(const struct guardian_input *input, pid_t supervisor, int connection)
{
    // One who connects and says nothing must not keep the guardian from its work.
    const struct timeval patience = {.tv_sec = 2};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const struct join_greeting greeting = {
        .magic = JOIN_MAGIC,
        .protocol = PARE_SENSOR_PROTOCOL,
        .no_listener = input->rendezvous->listener < 0,
        .guardian = getpid(),
        .supervisor = supervisor,
    };
    return send(connection, &greeting, sizeof greeting, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void *map_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/** Makes what the supervisor of the command needs. The descriptors are its own from here on, also when it fails. */
static int prepare(const struct guardian_input *input, int connection, const int descriptors[JOIN_DESCRIPTORS],
                   struct watch *watch)
{
    struct rendezvous *rendezvous = rendezvous_make();
    struct observer *observer = map_memory(sizeof *observer);
    if (rendezvous == NULL || observer == NULL) {
        if (rendezvous != NULL) {
            munmap(rendezvous, sizeof *rendezvous);
        }
        close(descriptors[0]);
        close(descriptors[1]);
        return -ENOMEM;
    }
    rendezvous->guardian = getpid();
    rendezvous->listener = descriptors[0];
    rendezvous_set(rendezvous, RENDEZVOUS_GUARDED);
    record_adopt(&observer->record, descriptors[1]);
    *watch = (struct watch){
        .options = input->options, .rendezvous = rendezvous, .observer = observer, .connection = connection,
        .main_supervisor = atomic_load(&input->rendezvous->supervisor)};
    return 0;
}

int join_accept(const struct guardian_input *input, pid_t supervisor, struct seat *seat)
{
    int connection = accept4(input->join_socket, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) {
        return -errno;
    }
    int descriptors[JOIN_DESCRIPTORS];
    seat->watch.connection = -1;
    int result = greet(input, supervisor, connection);
    if (result == 0) {
        result = receive_descriptors(connection, descriptors);
    }
    if (result == 0) {
        result = prepare(input, connection, descriptors, &seat->watch);
    }
    if (result < 0) {
        close(connection);
        return result;
    }
    return seat_fill(seat, false);
}

void join_refuse(int join_socket)
{
    int connection = accept4(join_socket, NULL, NULL, SOCK_CLOEXEC);
    if (connection >= 0) {
        close(connection);
    }
}
