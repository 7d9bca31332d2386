// Assembles the seccomp filter of the bwrap wall: src/sandbox/walls/seccomp-x64.bpf and seccomp-arm64.bpf, classic BPF
// as the kernel takes it. `node scripts/seccomp.mjs` writes them; with `--check` it only compares.
//
// Default-deny. Allowed is what the engines were seen to need (strace of deno and node, start to end) and its siblings
// for other C libraries: memory, threads, waiting, reading files. Missing on purpose: new processes, sockets, writing
// to files, namespaces, mounts, tracing, keys, bpf, io_uring, perf, modules, signals to others.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Numbers on [x86_64, aarch64]; null where an architecture does not have it. */
const allowed = {
  // what is open already: the three pipes of the channel, files, an epoll
  read: [0, 63],
  write: [1, 64],
  close: [3, 57],
  lseek: [8, 62],
  pread64: [17, 67],
  readv: [19, 65],
  writev: [20, 66],
  dup: [32, 23],
  dup2: [33, null],
  dup3: [292, 24],
  fcntl: [72, 25],
  // node's pipes to its children are sockets
  recvfrom: [45, 207],
  sendto: [44, 206],
  shutdown: [48, 210],
  getsockname: [51, 204],
  getsockopt: [55, 209],
  // the file system: to look
  stat: [4, null],
  fstat: [5, 80],
  lstat: [6, null],
  newfstatat: [262, 79],
  statx: [332, 291],
  access: [21, null],
  faccessat: [269, 48],
  faccessat2: [439, 439],
  getcwd: [79, 17],
  readlink: [89, null],
  readlinkat: [267, 78],
  getdents64: [217, 61],
  // memory
  mmap: [9, 222],
  mprotect: [10, 226],
  munmap: [11, 215],
  brk: [12, 214],
  mremap: [25, 216],
  mincore: [27, 232],
  madvise: [28, 233],
  membarrier: [324, 283],
  pkey_alloc: [330, 289],
  pkey_mprotect: [329, 288],
  pkey_free: [331, 290],
  // threads and their signals
  arch_prctl: [158, null],
  exit: [60, 93],
  exit_group: [231, 94],
  futex: [202, 98],
  get_robust_list: [274, 100],
  set_robust_list: [273, 99],
  set_tid_address: [218, 96],
  rseq: [334, 293],
  restart_syscall: [219, 128],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  rt_sigreturn: [15, 139],
  sigaltstack: [131, 132],
  tgkill: [234, 131],
  sched_yield: [24, 124],
  sched_getaffinity: [204, 123],
  sched_getparam: [143, 121],
  sched_getscheduler: [145, 120],
  sched_get_priority_max: [146, 125],
  sched_get_priority_min: [147, 126],
  getcpu: [309, 168],
  // waiting
  pipe: [22, null],
  pipe2: [293, 59],
  poll: [7, null],
  ppoll: [271, 73],
  select: [23, null],
  pselect6: [270, 72],
  epoll_create: [213, null],
  epoll_create1: [291, 20],
  epoll_ctl: [233, 21],
  epoll_wait: [232, null],
  epoll_pwait: [281, 22],
  eventfd2: [290, 19],
  // clocks
  nanosleep: [35, 101],
  clock_nanosleep: [230, 115],
  clock_gettime: [228, 113],
  clock_getres: [229, 114],
  gettimeofday: [96, 169],
  time: [201, null],
  // who and where it is, what it used
  getpid: [39, 172],
  getppid: [110, 173],
  gettid: [186, 178],
  getuid: [102, 174],
  geteuid: [107, 175],
  getgid: [104, 176],
  getegid: [108, 177],
  capget: [125, 90],
  uname: [63, 160],
  sysinfo: [99, 179],
  times: [100, 153],
  getrusage: [98, 165],
  getrlimit: [97, 163],
  prlimit64: [302, 261],
  getrandom: [318, 278],
  // bwrap starts the engine with it, when the filter is in force; there is no other program to start
  execve: [59, 221],
  // bwrap's own first process in the namespace waits for the engine
  wait4: [61, 260],
};

/** Allowed when one argument is one of these values, or has none (`none`) or all (`all`, and then none of `none`) of these bits. */
const conditional = {
  // O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
  open: { numbers: [2, null], argument: 1, none: 0o1103 },
  openat: { numbers: [257, 56], argument: 2, none: 0o1103 },
  // threads only: CLONE_THREAD, and none of the CLONE_NEW… flags
  clone: { numbers: [56, 220], argument: 0, all: 0x00010000, none: 0x7e020080 },
  // AF_UNIX: what the runtimes wake themselves with
  socketpair: { numbers: [53, 199], argument: 0, values: [1] },
  // PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_SET_VMA
  prctl: { numbers: [157, 167], argument: 0, values: [3, 4, 15, 16, 0x53564d41] },
  // TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: no typing into a terminal (TIOCSTI)
  ioctl: { numbers: [16, 29], argument: 1, values: [0x5401, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451] },
};

/** "Not on this kernel", so that a C library takes the older way: clone3, whose flags no filter can see. */
const missing = { clone3: [435, 435], openat2: [437, 437], close_range: [436, 436], futex_waitv: [449, 449] };

const architectures = [
  { name: "x64", audit: 0xc000003e, foreign: 0x40000000 },
  { name: "arm64", audit: 0xc00000b7 },
];

const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const AT_LEAST = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const KILL = 0x80000000; // the whole process
const REFUSE = 0x00050001; // EPERM
const UNKNOWN = 0x00050026; // ENOSYS

/** The filter of one architecture: instructions of { code, jt, jf, k }, eight bytes each. */
function assemble(index) {
  const { audit, foreign } = architectures[index];
  const program = [];
  const add = (code, k, jt = 0, jf = 0) => program.push({ code, jt, jf, k });
  add(LOAD, 4); // seccomp_data.arch
  add(EQUAL, audit, 1, 0);
  add(RETURN, KILL);
  add(LOAD, 0); // seccomp_data.nr
  if (foreign !== undefined) {
    // The x32 numbers are another table under the same architecture.
    add(AT_LEAST, foreign, 0, 1);
    add(RETURN, KILL);
  }
  for (const [name, { numbers, argument, values, all, none }] of Object.entries(conditional)) {
    if (numbers[index] === null) continue;
    const test = [];
    // The low half of the argument: the kernel's own types of all of these are 32 bits, or have no flags above.
    test.push([LOAD, 16 + 8 * argument, 0, 0]);
    if (values !== undefined) {
      values.forEach((value, at) => test.push([EQUAL, value, values.length - at, 0]));
    } else {
      if (none !== undefined) test.push([ANY_BIT, none, all === undefined ? 0 : 2, all === undefined ? 1 : 0]);
      if (all !== undefined) test.push([AND, all, 0, 0], [EQUAL, all, 1, 0]);
    }
    test.push([RETURN, REFUSE, 0, 0], [RETURN, ALLOW, 0, 0]);
    if (test.length > 255) throw new Error(`${name} has too many values`);
    add(EQUAL, numbers[index], 0, test.length);
    for (const instruction of test) add(...instruction);
  }
  for (const [table, answer] of [
    [allowed, ALLOW],
    [missing, UNKNOWN],
  ]) {
    for (const numbers of Object.values(table)) {
      if (numbers[index] === null) continue;
      add(EQUAL, numbers[index], 0, 1);
      add(RETURN, answer);
    }
  }
  add(RETURN, REFUSE);

  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, jt, jf, k }, at) => {
    bytes.writeUInt16LE(code, at * 8);
    bytes.writeUInt8(jt, at * 8 + 2);
    bytes.writeUInt8(jf, at * 8 + 3);
    bytes.writeUInt32LE(k, at * 8 + 4);
  });
  return bytes;
}

let stale = 0;
architectures.forEach(({ name }, index) => {
  const file = fileURLToPath(new URL(`../src/sandbox/walls/seccomp-${name}.bpf`, import.meta.url));
  const bytes = assemble(index);
  if (!process.argv.includes("--check")) writeFileSync(file, bytes);
  else if (!bytes.equals(readFileSync(file))) {
    process.stderr.write(`${file} is not what scripts/seccomp.mjs assembles: run it without --check\n`);
    stale = 1;
  }
});
process.exitCode = stale;
