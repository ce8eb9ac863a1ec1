#include "launch.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "detach.h"
#include "filter.h"
#include "privilege.h"
#include "program.h"
#include "supervisor.h"

extern char **environ;

static void *map_memory(size_t size, int sharing)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/** Becomes the application. Returns only on failure, with the exit code set. */
static int become_application(const struct options *options, struct rendezvous *rendezvous, int *exit_code,
                              struct err *err)
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
    if (rendezvous != NULL) {
        rendezvous_set(rendezvous, RENDEZVOUS_ARMED);
    }
    execve(program.text, options->argv, environ);
    *exit_code = EXIT_NOT_STARTED;
    return err_set(err, errno, "exec %s", options->argv[0]);
}

static bool is_supervisor_gone(pid_t supervisor)
{
    // A child without an exit signal is only found with __WALL (wait(2)).
    return waitpid(supervisor, NULL, WNOHANG | __WALL) != 0;
}

/** Puts the calling process under the filter and waits until the supervisor answers. */
static int enter_filter(const struct options *options, struct rendezvous *rendezvous, pid_t supervisor,
                        struct err *err)
{
    struct filter filter;
    filter_build(&filter, &(struct filter_options){
                              .restore_docker_refusals = options->restore_docker_refusals,
                              .restore_docker_20_refusals = options->restore_docker_20_refusals,
                              .capabilities = options->capabilities,
                              .supervisor = supervisor,
                          });
    int listener = filter_install(&filter, err);
    if (listener < 0) {
        return listener;
    }
    rendezvous->listener = listener;
    rendezvous_set(rendezvous, RENDEZVOUS_LISTENER);
    if (!rendezvous_wait(rendezvous, RENDEZVOUS_SERVED, is_supervisor_gone, supervisor)) {
        return err_set(err, ECHILD, "the supervisor ended");
    }
    if (atomic_load(&rendezvous->state) == RENDEZVOUS_FAILED) {
        *err = rendezvous->err;
        return -ECANCELED;
    }
    return 0;
}

static int launch_traced(const struct options *options, int *exit_code, struct err *err)
{
    struct rendezvous *rendezvous = map_memory(sizeof *rendezvous, MAP_SHARED);
    struct observer *observer = map_memory(sizeof *observer, MAP_PRIVATE);
    *exit_code = EXIT_SENSOR;
    if (rendezvous == NULL || observer == NULL) {
        return err_set(err, errno, "cannot map memory");
    }
    int result = record_open(&observer->record, options->record, err);
    if (result < 0) {
        return result;
    }
    pid_t launcher = getpid();
    // One descriptor table for both, until the listener is in it. No signal at its end: wait(2) of the
    // application does not find such a child.
    long supervisor = syscall(SYS_clone, CLONE_FILES, NULL, NULL, NULL, NULL);
    if (supervisor < 0) {
        return err_set(err, errno, "cannot start the supervisor");
    }
    if (supervisor == 0) {
        result = supervisor_run(observer, options, rendezvous, launcher, err);
        *exit_code = 0;
        return result;
    }
    result = enter_filter(options, rendezvous, (pid_t)supervisor, err);
    if (result < 0) {
        return result;
    }
    return become_application(options, rendezvous, exit_code, err);
}

int launch(const struct options *options, int *exit_code, struct err *err)
{
    if (options->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        *exit_code = EXIT_SENSOR;
        return err_set(err, errno, "cannot set no_new_privs");
    }
    if (options->untraced) {
        detach_all(options);
        return become_application(options, NULL, exit_code, err);
    }
    return launch_traced(options, exit_code, err);
}
