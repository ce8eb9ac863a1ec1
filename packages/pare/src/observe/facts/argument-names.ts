/** How the values of one call's argument are named. */
export type ValueNames =
  | { readonly kind: 'one-of'; readonly names: Readonly<Record<number, string>> }
  /** Bits; `ignored` are those that are no flags. */
  | { readonly kind: 'flags'; readonly names: Readonly<Record<number, string>>; readonly ignored: number };

export interface ArgumentNames {
  /** As the call's man page names it. */
  readonly argument: string;
  readonly values?: ValueNames;
}

function numbered(prefix: string, first: number, words: string): Record<number, string> {
  return Object.fromEntries(words.split(/\s+/).map((word, index) => [first + index, `${prefix}${word}`]));
}

/** include/linux/socket.h */
const families: ValueNames = {
  kind: 'one-of',
  names: numbered(
    'AF_',
    0,
    `UNSPEC UNIX INET AX25 IPX APPLETALK NETROM BRIDGE ATMPVC X25 INET6 ROSE DECnet NETBEUI SECURITY KEY NETLINK PACKET
     ASH ECONET ATMSVC RDS SNA IRDA PPPOX WANPIPE LLC IB MPLS CAN TIPC BLUETOOTH IUCV RXRPC ISDN PHONET IEEE802154 CAIF ALG NFC
     VSOCK KCM QIPCRTR SMC XDP MCTP`,
  ),
};

/** uapi/linux/sched.h; clone's lowest byte is the signal of its end. */
const cloneFlags: ValueNames = {
  kind: 'flags',
  ignored: 0xff,
  names: {
    128: 'CLONE_NEWTIME',
    ...Object.fromEntries(
      `VM FS FILES SIGHAND PIDFD PTRACE VFORK PARENT THREAD NEWNS SYSVSEM SETTLS PARENT_SETTID CHILD_CLEARTID DETACHED
       UNTRACED CHILD_SETTID NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET IO`
        .split(/\s+/)
        .map((word, index) => [2 ** (index + 8), `CLONE_${word}`]),
    ),
  },
};

/** uapi/linux/prctl.h */
const prctlOptions: ValueNames = {
  kind: 'one-of',
  names: {
    ...numbered('PR_', 1, 'SET_PDEATHSIG GET_PDEATHSIG GET_DUMPABLE SET_DUMPABLE GET_UNALIGN SET_UNALIGN'),
    ...numbered(
      'PR_',
      7,
      'GET_KEEPCAPS SET_KEEPCAPS GET_FPEMU SET_FPEMU GET_FPEXC SET_FPEXC GET_TIMING SET_TIMING SET_NAME GET_NAME',
    ),
    ...numbered(
      'PR_',
      19,
      'GET_ENDIAN SET_ENDIAN GET_SECCOMP SET_SECCOMP CAPBSET_READ CAPBSET_DROP GET_TSC SET_TSC',
    ),
    ...numbered('PR_', 27, 'GET_SECUREBITS SET_SECUREBITS SET_TIMERSLACK GET_TIMERSLACK'),
    ...numbered(
      'PR_',
      33,
      'MCE_KILL MCE_KILL_GET SET_MM SET_CHILD_SUBREAPER GET_CHILD_SUBREAPER SET_NO_NEW_PRIVS',
    ),
    ...numbered('PR_', 39, 'GET_NO_NEW_PRIVS GET_TID_ADDRESS SET_THP_DISABLE GET_THP_DISABLE'),
    47: 'PR_CAP_AMBIENT',
    52: 'PR_GET_SPECULATION_CTRL',
    53: 'PR_SET_SPECULATION_CTRL',
    62: 'PR_SCHED_CORE',
    1398164801: 'PR_SET_VMA',
    1499557217: 'PR_SET_PTRACER',
  },
};

/** asm-generic/ioctls.h, linux/sockios.h, linux/fs.h; those that are seen often. */
const ioctlRequests: ValueNames = {
  kind: 'one-of',
  names: {
    21506: 'TCSETS',
    21507: 'TCSETSW',
    21508: 'TCSETSF',
    21518: 'TIOCSCTTY',
    21519: 'TIOCGPGRP',
    21520: 'TIOCSPGRP',
    21524: 'TIOCSWINSZ',
    21538: 'TIOCNOTTY',
    21533: 'TIOCCONS',
    21522: 'TIOCSTI',
    21586: 'FIOASYNC',
    35075: 'FIOGETOWN',
    35077: 'SIOCATMARK',
    35088: 'SIOCGIFNAME',
    35090: 'SIOCGIFCONF',
    35091: 'SIOCGIFFLAGS',
    35092: 'SIOCSIFFLAGS',
    35093: 'SIOCGIFADDR',
    35094: 'SIOCSIFADDR',
    35099: 'SIOCGIFNETMASK',
    35105: 'SIOCGIFMTU',
    35111: 'SIOCGIFHWADDR',
    35123: 'SIOCGIFINDEX',
    1074041865: 'FICLONE',
    2147767344: 'TIOCGPTN',
    1074025521: 'TIOCSPTLCK',
    2148034049: 'FS_IOC_GETFLAGS',
    1074292226: 'FS_IOC_SETFLAGS',
  },
};

/** uapi/linux/ptrace.h */
const ptraceRequests: ValueNames = {
  kind: 'one-of',
  names: {
    ...numbered(
      'PTRACE_',
      0,
      'TRACEME PEEKTEXT PEEKDATA PEEKUSER POKETEXT POKEDATA POKEUSER CONT KILL SINGLESTEP',
    ),
    12: 'PTRACE_GETREGS',
    13: 'PTRACE_SETREGS',
    16: 'PTRACE_ATTACH',
    17: 'PTRACE_DETACH',
    24: 'PTRACE_SYSCALL',
    16896: 'PTRACE_SETOPTIONS',
    16897: 'PTRACE_GETEVENTMSG',
    16898: 'PTRACE_GETSIGINFO',
    16900: 'PTRACE_GETREGSET',
    16902: 'PTRACE_SEIZE',
    16903: 'PTRACE_INTERRUPT',
  },
};

/** linux/net.h, the calls inside i386's socketcall. */
const socketCalls: ValueNames = {
  kind: 'one-of',
  names: numbered(
    'SYS_',
    1,
    `SOCKET BIND CONNECT LISTEN ACCEPT GETSOCKNAME GETPEERNAME SOCKETPAIR SEND RECV SENDTO RECVFROM SHUTDOWN SETSOCKOPT
     GETSOCKOPT SENDMSG RECVMSG ACCEPT4 RECVMMSG SENDMMSG`,
  ),
};

/** By call and argument number; the calls of which PROTOCOL.md says that values are recorded. */
export const argumentNames: Readonly<Record<string, ArgumentNames>> = {
  'socket 0': { argument: 'domain', values: families },
  'socketpair 0': { argument: 'domain', values: families },
  'clone 0': { argument: 'flags', values: cloneFlags },
  'unshare 0': { argument: 'flags', values: { ...cloneFlags, ignored: 0x7f } },
  'prctl 0': { argument: 'option', values: prctlOptions },
  'ioctl 1': { argument: 'request', values: ioctlRequests },
  'ptrace 0': { argument: 'request', values: ptraceRequests },
  'socketcall 0': { argument: 'call', values: socketCalls },
  'personality 0': { argument: 'persona' },
  'keyctl 0': { argument: 'operation' },
  'bpf 0': { argument: 'cmd' },
  'ipc 0': { argument: 'call' },
};
