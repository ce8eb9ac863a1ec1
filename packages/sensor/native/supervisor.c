#include "supervisor.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "descriptors.h"
#include "detach.h"
#include "file_watch.h"
#include "kill_guard.h"
#include "listener.h"
#include "privilege.h"
#include "proc.h"

/** Room for what a later kernel adds to the two structures. */
union notification {
    struct seccomp_notif data;
    uint8_t bytes[512];
};
union response {
    struct seccomp_notif_resp data;
    uint8_t bytes[512];
};

/** Set by the signal that the guardian's end, and through it the launcher's, sends. */
static volatile sig_atomic_t launcher_ended;

static void on_launcher_end(int number)
{
    (void)number;
    launcher_ended = 1;
}

static bool is_guardian_gone(pid_t guardian)
{
    return getppid() != guardian;
}

/** No signal that the application sends around is meant for the supervisor. */
static int settle_signals(pid_t guardian, struct err *err)
{
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_IGN);
    }
    struct sigaction action = {.sa_handler = on_launcher_end};
    sigaction(SIGUSR1, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // Without it, a receive that waits would not notice on kernels where it outlives the last filtered task.
    if (prctl(PR_SET_PDEATHSIG, SIGUSR1) < 0) {
        return err_set(err, errno, "cannot ask for the guardian's end");
    }
    if (getppid() != guardian) {
        return err_set(err, ECANCELED, "the guardian ended");
    }
    return 0;
}

static int check_sizes(struct err *err)
{
    struct seccomp_notif_sizes sizes;
    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0 ||
        sizes.seccomp_notif > sizeof(union notification) || sizes.seccomp_notif_resp > sizeof(union response)) {
        return err_set(err, errno, "notifications of an unknown size");
    }
    return 0;
}

struct record_origin supervisor_origin(const struct watch *watch)
{
    return (struct record_origin){
        .arch = ARCH_NATIVE,
        .fanotify = watch->rendezvous->listener < 0,
        .sensor_first = watch->options->sensor_first,
        .first_free_port = proc_first_free_port(),
    };
}

/** Says who watches, and how; or that it goes on after the one before was killed. */
static void greet(const struct watch *watch, int files)
{
    struct record *record = &watch->observer->record;
    if (watch->again) {
        record_note(record, "what watches the application was killed and started anew");
        return;
    }
    record->origin = supervisor_origin(watch);
    record_hello(record);
    if (files >= 0) {
        record_note(record, watch->rendezvous->err.text);
    }
}

/** Opens the fanotify group of `files` when there is no listener. */
static int settle(const struct watch *watch, int *files, struct err *err)
{
    struct observer *observer = watch->observer;
    struct rendezvous *rendezvous = watch->rendezvous;
    int listener = rendezvous->listener;
    *files = -1;
    int result = observer_init(observer, listener, &rendezvous->processes);
    if (result < 0) {
        return err_set(err, -result, "cannot prepare the record");
    }
    lookup_init(&observer->lookup, !privilege_can_be_had(watch->options, CAP_SYS_ADMIN));
    observer->record.shared_end = &rendezvous->record_end;
    record_map(&observer->record);
    if (listener < 0) {
        result = file_watch_open(files, &rendezvous->err, err);
    } else {
        result = check_sizes(err);
        listener_wake_in_turns(listener);
    }
    if (result < 0) {
        return result;
    }
    const int kept[] = {listener, observer->record.file, watch->connection, *files};
    result = descriptors_keep(kept, sizeof kept / sizeof kept[0], err);
    if (result < 0) {
        return result;
    }
    // A signal to the application's group is not meant for it. A session, not only a group: the kernel gives each session a
    // share of its own (sched(7), autogroup), and a supervisor that waits behind the application's threads takes a fifth
    // of a server's requests. A single thread that asks without end pays a twentieth for it.
    setsid();
    if (chdir("/") < 0) {
        return err_set(err, errno, "cannot enter /");
    }
    prctl(PR_SET_NAME, "pare-sensor");
    greet(watch, *files);
    if (watch->connection < 0 && !watch->again) {
        detach_all(watch->options);
    }
    return 0;
}

/** A command that joins says on its connection when it becomes the program. */
static bool is_armed(const struct watch *watch)
{
    struct rendezvous *rendezvous = watch->rendezvous;
    if (atomic_load(&rendezvous->state) == RENDEZVOUS_ARMED) {
        return true;
    }
    char byte;
    if (watch->connection >= 0 && recv(watch->connection, &byte, 1, MSG_DONTWAIT) == 1) {
        rendezvous_set(rendezvous, RENDEZVOUS_ARMED);
        return true;
    }
    return false;
}

/** Answers one call. What the sensor itself does before it becomes the application is not observed. */
static struct answer answer_call(const struct watch *watch, const struct seccomp_notif *notification)
{
    struct answer answer = {.go_on = true};
    struct event event;
    if (!is_armed(watch) || !observer_event(watch->observer, notification, &event)) {
        return answer;
    }
    observer_observe(watch->observer, &event);
    const struct call *call = calls_find(&watch->observer->calls, event.arch, event.number);
    if (call != NULL && call->kind == CALL_KILL) {
        // Init passes signals on to the application.
        pid_t guardian = watch->options->sensor_first ? 0 : watch->rendezvous->guardian;
        const struct own_processes own = {guardian, watch->main_supervisor, getpid()};
        answer = kill_guard_answer(watch->observer, &event, &own);
    }
    return answer;
}

/** Waits for a call. Returns false when nobody is left to make one. */
static bool wait_for_call(const struct watch *watch)
{
    struct record *record = &watch->observer->record;
    int timeout = record_flush_losses(record);
    // Receiving waits by itself; polling before it is only for what it cannot tell: losses that are due, and on kernels
    // where receiving outlives the last caller, the end of a command that is no child of anyone here.
    bool poll_first = timeout >= 0 || launcher_ended || watch->connection >= 0;
    while (poll_first) {
        struct pollfd listener = {.fd = watch->observer->listener, .events = POLLIN};
        if (poll(&listener, 1, timeout) > 0) {
            return (listener.revents & POLLIN) != 0;
        }
        timeout = record_flush_losses(record);
    }
    return true;
}

static bool is_served(int listener)
{
    struct pollfd state = {.fd = listener, .events = POLLIN};
    return poll(&state, 1, 0) <= 0 || (state.revents & POLLHUP) == 0;
}

static void serve(const struct watch *watch)
{
    union notification notification;
    union response response;
    int listener = watch->observer->listener;
    memset(&response, 0, sizeof response);
    while (wait_for_call(watch)) {
        // The kernel wants it zero.
        memset(&notification.data, 0, sizeof notification.data);
        int received = listener_receive(listener, &notification.data);
        if (received < 0) {
            // ENOENT: the caller was killed meanwhile, or there is none any more.
            if (received == -EINTR || (received == -ENOENT && is_served(listener))) {
                continue;
            }
            return;
        }
        atomic_store_explicit(&watch->rendezvous->last_id, notification.data.id, memory_order_relaxed);
        struct answer answer = answer_call(watch, &notification.data);
        response.data.id = notification.data.id;
        response.data.error = answer.go_on ? 0 : answer.error;
        response.data.flags = answer.go_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
        // ENOENT: killed meanwhile.
        listener_answer(listener, &response.data);
    }
}

int supervisor_run(const struct watch *watch)
{
    struct rendezvous *rendezvous = watch->rendezvous;
    struct err err = {.code = 0};
    int files = -1;
    int result = settle_signals(rendezvous->guardian, &err);
    if (result == 0) {
        result = rendezvous_wait(rendezvous, RENDEZVOUS_GUARDED, is_guardian_gone, rendezvous->guardian)
                     ? settle(watch, &files, &err)
                     : err_set(&err, ECANCELED, "the guardian ended");
    }
    if (result < 0) {
        return watch->again ? result : rendezvous_fail(rendezvous, &err);
    }
    if (!watch->again) {
        rendezvous_set(rendezvous, RENDEZVOUS_SERVED);
    }
    if (watch->connection >= 0) {
        // Nobody may be there any more to read it.
        send(watch->connection, "", 1, MSG_NOSIGNAL);
    }
    if (files >= 0) {
        file_watch_serve(watch->observer, files, &launcher_ended);
    } else {
        serve(watch);
    }
    record_close(&watch->observer->record);
    unique_free(&watch->observer->unique);
    return 0;
}
