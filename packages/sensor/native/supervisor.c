#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "detach.h"
#include "kill_guard.h"
#include "listener.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

/** Room for what a later kernel adds to the two structures. */
union notification {
    struct seccomp_notif data;
    uint8_t bytes[512];
};
union response {
    struct seccomp_notif_resp data;
    uint8_t bytes[512];
};

/** Set by the signal that the launcher's end sends. */
static volatile sig_atomic_t launcher_ended;

static void on_launcher_end(int number)
{
    (void)number;
    launcher_ended = 1;
}

void rendezvous_set(struct rendezvous *rendezvous, uint32_t state)
{
    atomic_store(&rendezvous->state, state);
    syscall(SYS_futex, &rendezvous->state, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

bool rendezvous_wait(struct rendezvous *rendezvous, uint32_t state, bool (*is_other_gone)(pid_t), pid_t other)
{
    const struct timespec interval = {.tv_nsec = 100000000};
    for (uint32_t now; (now = atomic_load(&rendezvous->state)) < state;) {
        if (syscall(SYS_futex, &rendezvous->state, FUTEX_WAIT, now, &interval, NULL, 0) < 0 && errno == ETIMEDOUT &&
            is_other_gone(other)) {
            return false;
        }
    }
    return true;
}

static bool is_launcher_gone(pid_t launcher)
{
    return getppid() != launcher;
}

/** No signal that the application sends around is meant for the supervisor. */
static int settle_signals(pid_t launcher, struct err *err)
{
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_IGN);
    }
    struct sigaction action = {.sa_handler = on_launcher_end};
    sigaction(SIGUSR1, &action, NULL);
    // Without it, a receive that waits would not notice on kernels where it outlives the last filtered task.
    if (prctl(PR_SET_PDEATHSIG, SIGUSR1) < 0) {
        return err_set(err, errno, "cannot ask for the launcher's end");
    }
    if (getppid() != launcher) {
        return err_set(err, ECANCELED, "the launcher ended");
    }
    return 0;
}

/** Keeps the two descriptors only: an open pipe end would keep the application's readers waiting. */
static int settle_descriptors(int listener, int record, struct err *err)
{
    unsigned low = (unsigned)(listener < record ? listener : record);
    unsigned high = (unsigned)(listener < record ? record : listener);
    // Docker's profile refuses unshare; where close_range is missing (Linux < 5.9) there is only that.
    bool has_range = syscall(SYS_close_range, high + 1, UINT32_MAX, CLOSE_RANGE_UNSHARE) == 0;
    if (!has_range && unshare(CLONE_FILES) < 0) {
        return err_set(err, errno, "cannot leave the launcher's descriptors");
    }
    if (has_range && low > 0) {
        syscall(SYS_close_range, 0, low - 1, 0);
    }
    if (has_range && high > low + 1) {
        syscall(SYS_close_range, low + 1, high - 1, 0);
    }
    for (int stream = 0; stream < 3; stream++) {
        if (stream != listener && stream != record) {
            close(stream);
        }
    }
    return 0;
}

static int settle(struct observer *observer, const struct options *options, struct rendezvous *rendezvous,
                  struct err *err)
{
    struct seccomp_notif_sizes sizes;
    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0 ||
        sizes.seccomp_notif > sizeof(union notification) || sizes.seccomp_notif_resp > sizeof(union response)) {
        return err_set(err, errno, "notifications of an unknown size");
    }
    listener_wake_in_turns(rendezvous->listener);
    int result = observer_init(observer, rendezvous->listener);
    if (result < 0) {
        return err_set(err, -result, "cannot prepare the record");
    }
    result = settle_descriptors(rendezvous->listener, observer->record.file, err);
    if (result < 0) {
        return result;
    }
    setsid();
    if (chdir("/") < 0) {
        return err_set(err, errno, "cannot enter /");
    }
    prctl(PR_SET_NAME, "pare-sensor");
    record_hello(&observer->record, ARCH_NATIVE);
    detach_all(options);
    return 0;
}

/** Answers one call. What the sensor itself does before it becomes the application is not observed. */
static struct answer answer_call(struct observer *observer, const struct rendezvous *rendezvous,
                                 const struct seccomp_notif *notification)
{
    struct answer answer = {.go_on = true};
    struct event event;
    if (atomic_load(&rendezvous->state) != RENDEZVOUS_ARMED || !observer_event(observer, notification, &event)) {
        return answer;
    }
    observer_observe(observer, &event);
    const struct call *call = calls_find(&observer->calls, event.arch, event.number);
    if (call != NULL && call->kind == CALL_KILL) {
        answer = kill_guard_answer(observer, &event);
    }
    return answer;
}

/** Waits for a call. Returns false when nobody is left to make one. */
static bool wait_for_call(struct observer *observer)
{
    int timeout = record_flush_losses(&observer->record);
    // Receiving waits by itself; polling before it is only for what it cannot tell.
    while (timeout >= 0 || launcher_ended) {
        struct pollfd listener = {.fd = observer->listener, .events = POLLIN};
        if (poll(&listener, 1, timeout) > 0) {
            return (listener.revents & POLLIN) != 0;
        }
        timeout = record_flush_losses(&observer->record);
    }
    return true;
}

static bool is_served(int listener)
{
    struct pollfd state = {.fd = listener, .events = POLLIN};
    return poll(&state, 1, 0) <= 0 || (state.revents & POLLHUP) == 0;
}

static void serve(struct observer *observer, const struct rendezvous *rendezvous)
{
    union notification notification;
    union response response;
    memset(&response, 0, sizeof response);
    while (wait_for_call(observer)) {
        // The kernel wants it zero.
        memset(&notification, 0, sizeof notification);
        int received = listener_receive(observer->listener, &notification.data);
        if (received < 0) {
            // ENOENT: the caller was killed meanwhile, or there is none any more.
            if (received == -EINTR || (received == -ENOENT && is_served(observer->listener))) {
                continue;
            }
            return;
        }
        struct answer answer = answer_call(observer, rendezvous, &notification.data);
        response.data.id = notification.data.id;
        response.data.error = answer.go_on ? 0 : answer.error;
        response.data.flags = answer.go_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
        // ENOENT: killed meanwhile.
        listener_answer(observer->listener, &response.data);
    }
}

int supervisor_run(struct observer *observer, const struct options *options, struct rendezvous *rendezvous,
                   pid_t launcher, struct err *err)
{
    int result = settle_signals(launcher, err);
    if (result == 0) {
        result = rendezvous_wait(rendezvous, RENDEZVOUS_LISTENER, is_launcher_gone, launcher)
                     ? settle(observer, options, rendezvous, err)
                     : err_set(err, ECANCELED, "the launcher ended");
    }
    if (result < 0) {
        rendezvous->err = *err;
        rendezvous_set(rendezvous, RENDEZVOUS_FAILED);
        return result;
    }
    rendezvous_set(rendezvous, RENDEZVOUS_SERVED);
    serve(observer, rendezvous);
    unique_free(&observer->unique);
    return 0;
}
