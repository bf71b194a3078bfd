"""Fanfare alone, one thing changed at a time; beside wrk where it can do the same."""
import contextlib
import re
import threading

import fanfare
import measuring
import secure
from race import arrived


def run(bench):
    """Returns rows by the name of the sweep."""
    sweeps = [("in_flight", _in_flight), ("contacts", _contacts), ("delay", _delay), ("endpoints", _endpoints),
              ("body", _body), ("protocol", _protocol), ("failures", _failures), ("loops", _loops), ("held", _held),
              ("memory", _memory)]
    rows = {}
    for name, sweep in sweeps:
        rows[name] = []
        for round_number in range(1, bench.rounds + 1):
            points = list(sweep(bench))
            for label, body in points[::-1] if round_number % 2 == 0 else points:
                row = {"at": label, "round": round_number}
                rows[name].append(measuring.attempt(bench.say, f"{name} {label}", row, body))
    return rows


def _count(bench, count):
    return count // 10 if bench.quick else count


def _deliver(bench, count, receiver_options=(), **job):
    """One run against a receiver of its own. Returns the figures, and what the receiver counted."""
    with bench.receiver(*receiver_options) as target:
        run = fanfare.Run(fanfare.Job(bench.contacts(count), target.url, job.pop("in_flight", 256), **job))
        stats = target.stats()
    figures = arrived(run.figures(), stats)
    return figures if receiver_options[:1] == ("--answer",) else measuring.must_agree(figures, count)


def _in_flight(bench):
    for n in [64, 1024, 8192] if bench.quick else [64, 128, 256, 512, 1024, 2048, 4096, 8192]:
        def body(n=n):
            figures = _deliver(bench, _count(bench, 200_000), in_flight=n)
            with bench.receiver() as target:
                figures["wrk"] = bench.wrk(target.url, n, 1 if bench.quick else 5)
            return figures
        yield n, body


def _contacts(bench):
    for count in [10_000, 100_000] if bench.quick else [10_000, 100_000, 1_000_000]:
        # The rows of a million come from a segment, so that its freeze is measured with it.
        selection = fanfare.SEGMENT if count == 1_000_000 else ""
        yield count, lambda count=count, chosen=selection: _deliver(bench, count, in_flight=4096, selection=chosen)


def _delay(bench):
    for delay in [0, 50, 250, 1000]:
        yield delay, lambda delay=delay: _deliver(bench, _count(bench, 100_000), ("--hold", delay), in_flight=4096)


def _endpoints(bench):
    """The loop alone, without lanes and ledger, which are a fan-out's and not an endpoint's: each has its own port."""
    count = _count(bench, 200_000)
    for endpoints in [1, 100] if bench.quick else [1, 10, 100, 1000]:
        def body(endpoints=endpoints):
            with bench.receiver("--ports", endpoints) as target:
                urls = [f"http://127.0.0.1:{port}/v2/messages" for port in target.ports]
                output, usage = measuring.run([fanfare.RELEASE / "loop-bench", count, 1024, *urls], 600)
                stats = target.stats()
            seconds = float(re.search(r"in ([\d.]+) s", output)[1])
            return {"sent": count, "ok": count, "received": stats["requests"], "rate": count / seconds,
                    "cpu_us": usage.cpu_seconds / count * 1e6, "megabytes": usage.megabytes,
                    "connections": stats["connections_peak"]}
        yield endpoints, body


def _body(bench):
    for size in [200, 1024, 4096, 16_384, 65_536]:
        yield size, lambda size=size: _deliver(bench, _count(bench, 50_000), body=size)


def _protocol(bench):
    count = _count(bench, 100_000)
    yield "http, HTTP/1.1", lambda: _deliver(bench, count)
    yield "https, HTTP/1.1", lambda: _secure(bench, count, "1.1")
    yield "https, HTTP/2", lambda: _secure(bench, count, "2")


def _secure(bench, count, http):
    """Through nginx on the receiver's core, certificate verified; wrk beside it does not verify."""
    with bench.receiver() as target, \
            secure.Nginx(bench.folder, measuring.RECEIVER_CORE, http == "2", target.port) as nginx:
        run = fanfare.Run(fanfare.Job(bench.contacts(count), nginx.url, 256, authority=nginx.authority, http=http))
        stats = target.stats()
        figures = measuring.must_agree(arrived(run.figures(), stats), count)
        if http == "1.1":
            figures["wrk"] = bench.wrk(nginx.url, 256, 1 if bench.quick else 5)
    return figures


def _failures(bench):
    for share in [0, 0.01, 0.1]:
        rules = ("--answer", f"{share}:500") if share else ()
        yield f"{share:.0%}", lambda rules=rules: _deliver(bench, _count(bench, 100_000), rules)


def _loops(bench):
    """Two loops against one, the receiver beside them on the second core, so that only CPU a delivery can be told."""
    for loops in [1, 2]:
        def body(loops=loops):
            watched = []
            with bench.receiver("--hold", 20) as target:
                job = fanfare.Job(bench.contacts(_count(bench, 200_000)), target.url, 1024, loops=loops)
                run = fanfare.Run(job, on_frozen=lambda pid: watched.append(measuring.ThreadTimes(pid)))
                figures = measuring.must_agree(arrived(run.figures(), target.stats()), run.total)
            busy = [used for name, used in watched[0].seconds.items() if name.startswith("fanfare-loop")]
            return figures | {"least_share": min(busy) / sum(busy) if len(busy) > 1 else None}
        yield loops, body


def _held(bench):
    """Ten thousand requests held open: when all are, and what they cost beside 8,192."""
    for in_flight in [800, 1000] if bench.quick else [8192, 10_000]:
        yield in_flight, lambda n=in_flight: _all_held(bench, 5000 if bench.quick else 200_000, n)


def _all_held(bench, count, in_flight):
    reached = []
    done = threading.Event()

    def watch(target):
        while not reached and not done.wait(0.02):
            if target.stats()["held"] >= in_flight:
                reached.append(measuring.time.monotonic())
    with bench.receiver("--hold", 1000) as target:
        watcher = threading.Thread(target=watch, args=(target,))
        watcher.start()
        try:
            run = fanfare.Run(fanfare.Job(bench.contacts(count), target.url, in_flight))
        finally:
            done.set()
            watcher.join()
        stats = target.stats()
    return measuring.must_agree(arrived(run.figures(), stats), count) | {
        "held_peak": stats["held_peak"], "all_held_after": reached[0] - run.frozen_at if reached else None}


def _memory(bench):
    """As many connections as are in flight, answers held so long that all are really there, on a slow machine too."""
    count, most, hold = (20_000, 1024, 200) if bench.quick else (1_000_000, 4096, 2000)
    yield f"plain, {most:,} in flight, {count:,} contacts", lambda: _held_open(bench, count, most, 250)
    for in_flight in [256] if bench.quick else [1024, 4096]:
        for is_secure in [False, True]:
            yield (f"{'verified TLS' if is_secure else 'plain'}, {in_flight:,} in flight, 20,000 contacts",
                   lambda n=in_flight, secure=is_secure: _held_open(bench, 20_000, n, hold, secure))


def _held_open(bench, count, in_flight, hold, is_secure=False):
    with bench.receiver("--hold", hold) as target, contextlib.ExitStack() as stack:
        url, authority = target.url, None
        if is_secure:
            nginx = stack.enter_context(
                secure.Nginx(bench.folder, measuring.RECEIVER_CORE, False, target.port))
            url, authority = nginx.url, nginx.authority
        run = fanfare.Run(fanfare.Job(bench.contacts(count), url, in_flight, authority=authority))
        stats = target.stats()
    if stats["held_peak"] < in_flight:
        raise measuring.Failed(f"only {stats['held_peak']:,} were held at a time")
    return measuring.must_agree(arrived(run.figures(), stats), count) | {"held_peak": stats["held_peak"]}
