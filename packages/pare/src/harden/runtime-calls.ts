/**
 * What a container runtime calls between loading the profile and the `execve` of the application, when
 * no_new_privileges is off (with it on, runc loads the profile later and needs a part of this). Found by taking one call
 * after the other out of the profile of a program that only exits, with runc 1.1.5 and crun 1.8.1: without one of the
 * first two groups the container does not start.
 */
const runc =
  'capget capset chdir close execve exit_group faccessat2 fstat fstatfs getcwd getdents64 getppid newfstatat openat prctl read setgid setgroups setuid write';
const crun = 'rt_sigaction rt_sigprocmask setresgid setresuid';

/** runc is a Go program: without these of its scheduler it crashes now and then (4 of 12 starts). */
const goScheduler =
  'clone epoll_ctl epoll_pwait exit fcntl futex getpid gettid madvise mmap munmap nanosleep rt_sigreturn sched_yield sigaltstack tgkill';

/** The init that `docker run --init` puts before the application (docker-init 0.19). */
const engineInit = 'ioctl kill rt_sigtimedwait setpgid wait4';

/** Not needed by the versions tried, but by others or with other options: a terminal's owner, newer ways to close descriptors. */
const otherVersions = 'close_range fchown faccessat openat2 pipe2 readlinkat statx';

/** What the dynamic loaders and C libraries call in any program before `main`, at its end and when it aborts. */
const loaderAndExit = `access arch_prctl brk close exit exit_group fstat futex getpid getrandom gettid mmap mprotect munmap
  newfstatat openat pread64 prlimit64 read readlink rseq rt_sigaction rt_sigprocmask rt_sigreturn set_robust_list
  set_thread_area set_tid_address set_tls tgkill uname write writev`;

/** The kernel makes a process call it after a stop signal; nobody calls it on purpose. */
const kernel = 'restart_syscall';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Calls that every container needs, whatever runs in it. */
export const alwaysNeededCalls: readonly string[] = [
  ...new Set([runc, crun, goScheduler, engineInit, otherVersions, loaderAndExit, kernel].flatMap(words)),
].sort();
