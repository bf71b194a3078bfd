"""Celery over Redis with requests: this process queues a task for each contact, a worker with a pool of threads sends.

Redis and the worker are this program's own and end with it. `cpu_seconds` is the CPU of the three from the first task
queued to the last answer, so without their start, which would weigh much in a short run; `memory_mb` is the sum of
their peaks. See ../README.md.
"""
import argparse
import array
import contextlib
import csv
import itertools
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

import redis

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = ("phone", "email", "first_name", "city", "score")
START_SECONDS = 30
STALL_SECONDS = 60
POLL_SECONDS = 0.02


def read_contacts(path, count):
    """What the first contacts have in the columns needed, numbered from 1, read as they are asked for."""
    with open(path, newline="", encoding="utf-8") as file:
        for number, row in enumerate(itertools.islice(csv.DictReader(file), count), 1):
            yield number, {column: row[column] for column in COLUMNS}


@contextlib.contextmanager
def running(*command, **options):
    """Runs a program for the length of a with statement; should this process be killed, the kernel ends it."""
    process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run_redis(folder):
    """No port, only a socket; nothing is saved."""
    return running("redis-server", "--port", "0", "--unixsocket", str(folder / "socket"), "--dir", str(folder),
                   "--save", "", "--appendonly", "no", "--loglevel", "warning")


def run_worker(arguments, environment):
    return running(sys.executable, "-m", "celery", "--quiet", "--app", "app", "worker", "--pool", "threads",
                   "--concurrency", str(arguments.in_flight), "--loglevel", "ERROR", "--without-gossip",
                   "--without-mingle", "--without-heartbeat", cwd=HERE, env=environment)


def environment_for(arguments, folder):
    return os.environ | {"PEER_SOCKET": str(folder / "socket"), "PEER_URL": arguments.url,
                         "PEER_SECRET": arguments.secret, "PEER_IN_FLIGHT": str(arguments.in_flight),
                         "PYTHONWARNINGS": "ignore"}  # of Celery about root


def wait_until(condition, processes, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if any(process.poll() is not None for process in processes):
            raise OSError("redis or the worker has ended")
        if time.monotonic() > end:
            raise OSError("redis or the worker does not get on")
        time.sleep(POLL_SECONDS)


def answers(client):
    with contextlib.suppress(redis.ConnectionError):
        return client.ping()


def enqueue(contacts):
    """Returns the number of tasks queued."""
    from app import app, send  # only now, as it reads its settings from the environment

    number = 0
    with app.producer_or_acquire() as producer:
        for number, contact in contacts:
            # A repr of the arguments is for events and logs, of which there are none; making it takes longer than all
            # the rest of the message.
            send.apply_async((number, contact), producer=producer, argsrepr="", kwargsrepr="")
    return number


def wait_for_all(client, count, processes):
    """Waits for as long as the count of those done grows."""
    done = 0
    while done < count:
        before = done
        wait_until(lambda: int(client.get("done") or 0) > before, processes, STALL_SECONDS)
        done = int(client.get("done"))


def cpu_seconds(processes):
    """Of this process and the others so far."""
    total = time.process_time()
    for process in processes:
        fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def peak_memory_mb(processes):
    """The sum of the peaks of this process and the others."""
    total = 0
    for pid in ["self", *(process.pid for process in processes)]:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return round(total / 1024, 1)


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else None


def result(client, sent, start):
    latencies = sorted(array.array("I", client.get("latencies") or b""))
    ok, last_answer = int(client.get("ok") or 0), float(client.get("last-answer") or start)
    return {"sent": sent, "ok": ok, "failed": sent - ok, "seconds": round(last_answer - start, 6),
            "p50_us": percentile(latencies, 50), "p99_us": percentile(latencies, 99),
            "p999_us": percentile(latencies, 99.9)}


def deliver(arguments, client, processes):
    wait_until(lambda: client.get("ready"), processes, START_SECONDS)
    cpu, start = cpu_seconds(processes), time.monotonic()
    sent = enqueue(read_contacts(arguments.contacts, arguments.count))
    wait_for_all(client, sent, processes)
    used = cpu_seconds(processes) - cpu
    return result(client, sent, start) | {"cpu_seconds": round(used, 3), "memory_mb": peak_memory_mb(processes)}


def run(arguments, folder):
    environment = environment_for(arguments, folder)
    os.environ.update(environment)
    client = redis.Redis(unix_socket_path=str(folder / "socket"))
    with run_redis(folder) as server:
        wait_until(lambda: answers(client), [server], START_SECONDS)
        with run_worker(arguments, environment) as worker:
            return deliver(arguments, client, [server, worker])


def raise_file_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--contacts", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--secret", required=True)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    raise_file_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(arguments, pathlib.Path(folder))))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError, redis.RedisError) as error:
        sys.exit(f"peer: {error!r}")
