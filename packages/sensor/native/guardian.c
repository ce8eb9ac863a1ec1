#include "guardian.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"
#include "join_server.h"
#include "proc.h"
#include "program.h"
#include "seat.h"

enum { MAX_SEATS = 64, SIGNAL_EXIT_CODE = 128 };

/** Seats in use have a supervisor; the first is the application's. */
struct guardian {
    const struct guardian_input *input;
    struct seat seats[MAX_SEATS];
    int signals;
    bool application_ended;
    int exit_code;
};

static bool is_parent_gone(pid_t parent)
{
    return getppid() != parent;
}

static bool is_child_gone(pid_t child)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 || info.si_pid != 0;
}

/** Every signal comes by a descriptor: none is lost between looking and waiting. */
static int take_signals(struct guardian *guardian, struct err *err)
{
    sigset_t all;
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) < 0) {
        return err_set(err, errno, "cannot block signals");
    }
    guardian->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (guardian->signals < 0) {
        return err_set(err, errno, "cannot receive signals");
    }
    if (!guardian->input->options->sensor_first && prctl(PR_SET_PDEATHSIG, SIGUSR1) < 0) {
        return err_set(err, errno, "cannot ask for the launcher's end");
    }
    return 0;
}

/** Starts the supervisor and waits until the launcher has a listener. */
static int begin(struct guardian *guardian, struct err *err)
{
    const struct guardian_input *input = guardian->input;
    struct rendezvous *rendezvous = input->rendezvous;
    int result = take_signals(guardian, err);
    if (result < 0) {
        return result;
    }
    rendezvous->guardian = getpid();
    if (!input->options->sensor_first) {
        // A signal to the application's group is not meant for it.
        setpgid(0, 0);
    }
    guardian->seats[0].watch = (struct watch){
        .options = input->options, .rendezvous = rendezvous, .observer = input->observer, .connection = -1};
    result = seat_fill(&guardian->seats[0], true);
    if (result < 0) {
        return err_set(err, -result, "cannot start the supervisor");
    }
    rendezvous_set(rendezvous, RENDEZVOUS_STARTED);
    if (!rendezvous_wait(rendezvous, RENDEZVOUS_LISTENER,
                         input->options->sensor_first ? is_child_gone : is_parent_gone, input->application)) {
        return err_set(err, ECANCELED, "the launcher ended");
    }
    const int kept[] = {rendezvous->listener, input->observer->record.file, input->join_socket, guardian->signals};
    result = descriptors_keep(kept, sizeof kept / sizeof kept[0], err);
    if (result == 0) {
        prctl(PR_SET_NAME, "pare-sensor");
        rendezvous_set(rendezvous, RENDEZVOUS_GUARDED);
    }
    return result;
}

static bool is_application_ending(const struct guardian *guardian)
{
    const struct guardian_input *input = guardian->input;
    struct proc_stat stat;
    return guardian->application_ended || !proc_read_stat(input->application, &stat) || stat.exiting;
}

static void leave_seat(struct seat *seat)
{
    // Whoever waits for an answer gets ENOSYS then, rather than wait for ever.
    if (seat->watch.rendezvous != NULL && seat->watch.rendezvous->listener >= 0) {
        close(seat->watch.rendezvous->listener);
    }
    if (seat->watch.connection >= 0 && seat->watch.rendezvous != NULL) {
        close(seat->watch.connection);
        close(seat->watch.observer->record.file);
        munmap(seat->watch.observer, sizeof *seat->watch.observer);
        munmap(seat->watch.rendezvous, sizeof *seat->watch.rendezvous);
    }
    memset(seat, 0, sizeof *seat);
}

static void reap(struct guardian *guardian)
{
    int status;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG | __WALL)) > 0;) {
        if (guardian->input->options->sensor_first && child == guardian->input->application) {
            guardian->application_ended = true;
            guardian->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : SIGNAL_EXIT_CODE + WTERMSIG(status);
        }
        for (size_t i = 0; i < MAX_SEATS; i++) {
            struct seat *seat = &guardian->seats[i];
            // A container's end kills all of its processes, which is no loss.
            if (seat->supervisor == child && (is_application_ending(guardian) || !seat_refill(seat, status))) {
                leave_seat(seat);
            }
        }
    }
}

/** Returns whether some seat is taken. */
static bool is_watching(const struct guardian *guardian)
{
    for (size_t i = 0; i < MAX_SEATS; i++) {
        if (guardian->seats[i].supervisor > 0) {
            return true;
        }
    }
    return false;
}

static void pass_signals_on(struct guardian *guardian)
{
    struct signalfd_siginfo signal;
    while (read(guardian->signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
        int number = (int)signal.ssi_signo;
        if (guardian->input->options->sensor_first) {
            if (number != SIGCHLD) {
                kill(guardian->input->application, number);
            }
        } else if (number == SIGUSR1 && is_parent_gone(guardian->input->application)) {
            for (size_t i = 0; i < MAX_SEATS; i++) {
                if (guardian->seats[i].supervisor > 0) {
                    kill(guardian->seats[i].supervisor, SIGUSR1);
                }
            }
        }
    }
}

/** A command joins: it gets a free seat. */
static void welcome(struct guardian *guardian)
{
    for (size_t i = 1; i < MAX_SEATS; i++) {
        struct seat *seat = &guardian->seats[i];
        if (seat->supervisor == 0) {
            if (join_accept(guardian->input, atomic_load(&guardian->input->rendezvous->supervisor), seat) < 0) {
                leave_seat(seat);
            }
            return;
        }
    }
    // Too many at once: closing the connection tells it.
    join_refuse(guardian->input->join_socket);
}

static bool is_over(const struct guardian *guardian)
{
    return guardian->input->options->sensor_first ? guardian->application_ended : !is_watching(guardian);
}

static void watch_over(struct guardian *guardian)
{
    for (;;) {
        reap(guardian);
        if (is_over(guardian)) {
            return;
        }
        struct pollfd events[] = {{.fd = guardian->signals, .events = POLLIN},
                                  {.fd = guardian->input->join_socket, .events = POLLIN}};
        if (poll(events, sizeof events / sizeof events[0], -1) < 0 && errno != EINTR) {
            return;
        }
        pass_signals_on(guardian);
        if ((events[1].revents & POLLIN) != 0) {
            welcome(guardian);
        }
    }
}

int guardian_run(const struct guardian_input *input)
{
    struct guardian guardian = {.input = input, .exit_code = EXIT_SENSOR};
    struct err err = {.code = 0};
    int result = begin(&guardian, &err);
    if (result < 0) {
        rendezvous_fail(input->rendezvous, &err);
    }
    // The launcher says what failed; with --sensor-first it is a child, whose exit code is then ours.
    if (result == 0 || input->options->sensor_first) {
        watch_over(&guardian);
    }
    return guardian.exit_code;
}
