#include "launch.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "detach.h"
#include "filter.h"
#include "guardian.h"
#include "join.h"
#include "join_server.h"
#include "privilege.h"
#include "program.h"
#include "rendezvous.h"

extern char **environ;

/** By what a supervisor is told that the program begins: one of both, or for benches neither. */
struct starter {
    struct rendezvous *rendezvous;
    const struct join *join;
};

/** Becomes the application. Returns only on failure, with the exit code set. */
static int become_application(const struct options *options, struct starter starter, int *exit_code, struct err *err)
{
    struct path program;
    int result = privilege_become(options, err);
    if (result < 0) {
        *exit_code = EXIT_SENSOR;
        return result;
    }
    if (options->home != NULL && setenv("HOME", options->home, 1) < 0) {
        *exit_code = EXIT_SENSOR;
        return err_set(err, errno, "cannot set HOME");
    }
    result = program_find(options->argv[0], &program, err);
    if (result < 0) {
        *exit_code = program_exit_code(result);
        return result;
    }
    if (starter.rendezvous != NULL) {
        rendezvous_set(starter.rendezvous, RENDEZVOUS_ARMED);
    }
    if (starter.join != NULL) {
        join_arm(starter.join);
    }
    execve(program.text, options->argv, environ);
    *exit_code = EXIT_NOT_STARTED;
    return err_set(err, errno, "exec %s", options->argv[0]);
}

static bool is_guardian_gone(pid_t guardian)
{
    // A child without an exit signal is only found with __WALL (wait(2)).
    return waitpid(guardian, NULL, WNOHANG | __WALL) != 0;
}

/** Installs the filter. Where that cannot be, files may be watched all the same: then there is no listener. */
static int open_listener(const struct options *options, struct rendezvous *rendezvous, struct err *err)
{
    struct filter filter;
    if (options->mode == MODE_FANOTIFY) {
        rendezvous->listener = -1;
        err_set(&rendezvous->err, 0, "watching files only, as asked for");
        return 0;
    }
    pid_t supervisor = atomic_load(&rendezvous->supervisor);
    filter_build(&filter, &(struct filter_options){
                              .restore_docker_refusals = options->restore_docker_refusals,
                              .restore_docker_20_refusals = options->restore_docker_20_refusals,
                              .capabilities = options->capabilities,
                              .own = {options->sensor_first ? supervisor : rendezvous->guardian, supervisor},
                          });
    rendezvous->listener = filter_install(&filter, err);
    if (rendezvous->listener < 0 && options->mode == MODE_AUTO) {
        rendezvous->err = *err;
        rendezvous->listener = -1;
        return 0;
    }
    return rendezvous->listener < 0 ? rendezvous->listener : 0;
}

/** Puts the calling process under the filter and waits until the supervisor answers. `guardian`: 0 for the parent. */
static int enter_filter(const struct options *options, struct rendezvous *rendezvous, pid_t guardian, struct err *err)
{
    bool (*is_gone)(pid_t) = guardian == 0 ? NULL : is_guardian_gone;
    bool alive = rendezvous_wait(rendezvous, RENDEZVOUS_STARTED, is_gone, guardian);
    if (alive && atomic_load(&rendezvous->state) < RENDEZVOUS_FAILED) {
        int result = open_listener(options, rendezvous, err);
        if (result < 0) {
            return rendezvous_fail(rendezvous, err);
        }
        rendezvous_set(rendezvous, RENDEZVOUS_LISTENER);
        alive = rendezvous_wait(rendezvous, RENDEZVOUS_SERVED, is_gone, guardian);
    }
    if (atomic_load(&rendezvous->state) == RENDEZVOUS_FAILED) {
        *err = rendezvous->err;
        return -ECANCELED;
    }
    return alive ? 0 : err_set(err, ECHILD, "the supervisor ended");
}

/** Takes over the exit code of the application, or where the guardian is a child of it, says nothing. */
static int become_guardian(const struct guardian_input *input, int *exit_code)
{
    int code = guardian_run(input);
    *exit_code = input->options->sensor_first ? code : 0;
    return 0;
}

static int launch_traced(const struct options *options, int *exit_code, struct err *err)
{
    struct guardian_input input = {.options = options, .rendezvous = rendezvous_make(), .join_socket = -1};
    void *observer = mmap(NULL, sizeof *input.observer, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *exit_code = EXIT_SENSOR;
    if (input.rendezvous == NULL || observer == MAP_FAILED) {
        return err_set(err, errno, "cannot map memory");
    }
    input.observer = observer;
    int result = record_open(&input.observer->record, options->record, err);
    if (result == 0 && options->socket != NULL) {
        result = input.join_socket = join_listen(options->socket, err);
    }
    if (result < 0) {
        return result;
    }
    input.application = getpid();
    // One descriptor table for all, until the listener is in it. No signal at the guardian's end: wait(2) of the
    // application does not find such a child.
    unsigned long flags = CLONE_FILES | (options->sensor_first ? SIGCHLD : 0);
    pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
    if (child < 0) {
        return err_set(err, errno, "cannot start the supervisor");
    }
    if (options->sensor_first && child > 0) {
        input.application = child;
    }
    if (options->sensor_first ? child > 0 : child == 0) {
        return become_guardian(&input, exit_code);
    }
    result = enter_filter(options, input.rendezvous, child, err);
    if (result < 0) {
        return result;
    }
    return become_application(options, (struct starter){.rendezvous = input.rendezvous}, exit_code, err);
}

static int launch_joined(const struct options *options, int *exit_code, struct err *err)
{
    struct join join;
    *exit_code = EXIT_SENSOR;
    int result = join_enter(&join, options, err);
    return result < 0 ? result : become_application(options, (struct starter){.join = &join}, exit_code, err);
}

int launch(const struct options *options, int *exit_code, struct err *err)
{
    if (options->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        *exit_code = EXIT_SENSOR;
        return err_set(err, errno, "cannot set no_new_privs");
    }
    if (options->untraced) {
        detach_all(options);
        return become_application(options, (struct starter){.join = NULL}, exit_code, err);
    }
    return options->command == COMMAND_JOIN ? launch_joined(options, exit_code, err)
                                            : launch_traced(options, exit_code, err);
}
