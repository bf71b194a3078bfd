"""Runs one client on one core and says what it used: time, processor time, memory."""
import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

# Those that this process may run on; the first two have a part each.
CORES = sorted(os.sched_getaffinity(0))
CLIENT_CORE, RECEIVER_CORE = (CORES + [None])[:2]


@dataclasses.dataclass
class Usage:
    """What a process and the children that it waited for used."""
    seconds: float
    cpu_seconds: float
    megabytes: float  # of the process itself, at its peak


class Failed(Exception):
    """A client that did not do its job; the text says why."""


def attempt(say, label, row, body):
    """Adds the figures that `body` returns to a row, or why there are none. An hour's run does not end with one row."""
    try:
        row |= body()
    except Failed as failure:
        row["failure"] = str(failure)
    except Exception as error:  # noqa: BLE001
        row["failure"] = f"{type(error).__name__}: {error}"
    say(f"{label}: {row['failure']}" if "failure" in row
        else f"{label}: {row['rate']:,.0f}/s, {row['cpu_us']:.1f} µs CPU a delivery")
    return row


def must_agree(figures, asked):
    """Raises Failed unless as many were sent, received and answered as were asked for, each with an id of its own."""
    counted = {name: figures[name] for name in ("sent", "received", "distinct", "ok") if name in figures}
    if set(counted.values()) != {asked}:
        raise Failed(f"of {asked:,} " + ", ".join(f"{number:,} {name}" for name, number in counted.items()))
    return figures


def on_core(core, *command):
    """A command that runs on one core and dies with the process that started it, whatever ends that one."""
    return ["taskset", "-c", str(core), "setpriv", "--pdeathsig", "KILL", *map(str, command)]


@contextlib.contextmanager
def deadline(seconds, group):
    """Ends a process group when the body takes longer than so many seconds; raises Failed then."""
    expired = False

    def expire(*_):
        nonlocal expired
        expired = True
        end_group(group)
    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(max(1, round(seconds)))
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        if expired:
            raise Failed(f"not done after {seconds:.0f} s")


def run(command, timeout):
    """Runs a client to its end on the client's core, in a process group of its own that is ended whatever happens.

    Returns its standard output and what it used. Raises Failed when it fails or takes longer than `timeout` seconds.
    """
    start = time.monotonic()
    process = subprocess.Popen(on_core(CLIENT_CORE, *command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               stdin=subprocess.DEVNULL, text=True, start_new_session=True)
    peak = PeakMemory(process.pid)
    try:
        with deadline(timeout, process.pid):
            output = process.stdout.read()
            used = wait(process)
    finally:
        end_group(process.pid)
    if process.returncode != 0:
        raise Failed(f"ended with status {process.returncode}")
    return output, Usage(time.monotonic() - start, cpu_seconds(used), peak.megabytes)


def complete(command, **options):
    """`subprocess.run` in a session of its own, which ends with this script, unless that is killed."""
    end_on_signals()
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            end_group(process.pid)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output)


def end_on_signals():
    """Lets what asks this script to end raise SystemExit, so that it ends what it has started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as below nohup
            signal.signal(number, lambda *_: sys.exit(130))


def wait(process):
    """Waits for a process. Returns what it used."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def end_group(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def cpu_seconds(usage):
    return usage.ru_utime + usage.ru_stime


def cpu_so_far(pid):
    """User and system seconds of a living process; the kernel counts them in hundredths."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class PeakMemory:
    """The peak of a living process, read every so often until it ends.

    Not what `wait4` tells: the kernel hands on to a program what the process had before it became that program, and
    that was this one.
    """

    def __init__(self, pid):
        self.megabytes = 0
        self._status = pathlib.Path(f"/proc/{pid}/status")
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        # One that has ended and is not waited for has no such line.
        with contextlib.suppress(OSError):
            while found := re.search(r"VmHWM:\s+(\d+)", self._status.read_text()):
                self.megabytes = int(found[1]) * 1024 / 1e6
                time.sleep(0.02)


class ThreadTimes:
    """What each thread of a living process has used, read every so often until the process ends."""

    def __init__(self, pid):
        self.seconds = {}  # by the thread's name; since this began
        self._first = {}
        self._tasks = pathlib.Path(f"/proc/{pid}/task")
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while self._read():
            time.sleep(0.05)

    def _read(self):
        try:
            for task in self._tasks.iterdir():
                head, _, rest = (task / "stat").read_text().rpartition(")")
                name, fields = head.partition("(")[2], rest.split()
                used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                self.seconds[name] = used - self._first.setdefault(name, used)
            return True
        except (FileNotFoundError, ProcessLookupError):
            # A thread that has ended; the process, when its folder is gone.
            return self._tasks.exists()


def peak_megabytes(pid):
    """Of a living process, so far; 0 of one that has just ended."""
    found = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0
