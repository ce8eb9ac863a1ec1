/**
 * Calls that do the same: which of a line a program makes depends on its C library, the kernel and the architecture, not on
 * what it does. Whoever may make one may make all. Only calls of equal power stand in one line.
 */
const families = `
  stat lstat fstat newfstatat statx stat64 lstat64 fstat64 fstatat64
  statfs statfs64
  fstatfs fstatfs64
  open openat
  access faccessat faccessat2
  readlink readlinkat
  getdents getdents64
  mkdir mkdirat
  unlink rmdir unlinkat
  rename renameat renameat2
  link linkat
  symlink symlinkat
  mknod mknodat
  chmod fchmodat fchmodat2
  chown lchown fchownat chown32 lchown32
  fchown fchown32
  utime utimes futimesat utimensat utimensat_time64
  truncate truncate64
  ftruncate ftruncate64
  fadvise64 fadvise64_64 arm_fadvise64_64
  sync_file_range sync_file_range2 arm_sync_file_range
  lseek _llseek
  fcntl fcntl64
  dup dup2 dup3
  pipe pipe2
  read readv pread64 preadv preadv2
  write writev pwrite64 pwritev pwritev2
  sendfile sendfile64
  close close_range
  fork vfork clone
  wait4 waitpid waitid
  execve execveat
  poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64
  epoll_create epoll_create1
  epoll_wait epoll_pwait epoll_pwait2
  eventfd eventfd2
  signalfd signalfd4
  inotify_init inotify_init1
  accept accept4
  send sendto sendmsg sendmmsg
  recv recvfrom recvmsg recvmmsg recvmmsg_time64
  socketcall socket bind connect listen accept accept4 getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg
  mmap mmap2
  mlock mlock2
  futex futex_time64 futex_waitv futex_wait futex_wake futex_requeue
  getrlimit setrlimit prlimit64 ugetrlimit
  time gettimeofday clock_gettime clock_gettime64
  clock_getres clock_getres_time64
  nanosleep clock_nanosleep clock_nanosleep_time64
  alarm setitimer
  timer_settime timer_settime64
  timer_gettime timer_gettime64
  timerfd_settime timerfd_settime64
  timerfd_gettime timerfd_gettime64
  pause rt_sigsuspend
  rt_sigtimedwait rt_sigtimedwait_time64
  sigprocmask rt_sigprocmask
  sigreturn rt_sigreturn
  tkill tgkill
  getpgrp getpgid
  getuid getuid32 geteuid geteuid32 getresuid getresuid32
  getgid getgid32 getegid getegid32 getresgid getresgid32
  getgroups getgroups32
  setuid setuid32 setreuid setreuid32 setresuid setresuid32
  setgid setgid32 setregid setregid32 setresgid setresgid32
  setgroups setgroups32
  semop semtimedop semtimedop_time64
  ipc semget semctl semop semtimedop msgget msgctl msgsnd msgrcv shmget shmctl shmat shmdt
  sched_rr_get_interval sched_rr_get_interval_time64
  io_getevents io_pgetevents io_pgetevents_time64
  mq_timedsend mq_timedsend_time64
  mq_timedreceive mq_timedreceive_time64
  getxattr lgetxattr getxattrat
  listxattr llistxattr listxattrat
  setxattr lsetxattr setxattrat
  removexattr lremovexattr removexattrat
  arch_prctl set_thread_area set_tls get_thread_area`;

/** The multiplexers of i386 stand for a whole family; what they lead to does not lead back to all of it. */
const multiplexers: ReadonlySet<string> = new Set(['socketcall', 'ipc']);

/** The calls that are as good as `name`, itself first; `name` alone when it has none. */
export function equivalentCalls(name: string): readonly string[] {
  return equivalents.get(name) ?? [name];
}

const equivalents: ReadonlyMap<string, readonly string[]> = indexFamilies(
  families
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ')),
);

function indexFamilies(lines: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, Set<string>>();
  for (const line of lines) {
    const multiplexer = line.find((name) => multiplexers.has(name));
    for (const name of line) {
      const others = index.get(name) ?? new Set([name]);
      index.set(name, others);
      if (multiplexer === undefined || name === multiplexer) for (const other of line) others.add(other);
      else others.add(multiplexer);
    }
  }
  return new Map(Array.from(index, ([name, others]) => [name, [...others]]));
}
