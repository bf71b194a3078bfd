"""Fanfare alone, one thing changed at a time; beside wrk where it can do the same."""
import threading

import fanfare
import measuring
import secure


def run(bench):
    """Returns rows by the name of the sweep."""
    sweeps = [("in_flight", _in_flight), ("contacts", _contacts), ("delay", _delay), ("body", _body),
              ("protocol", _protocol), ("failures", _failures), ("loops", _loops), ("held", _held),
              ("tls_memory", _tls_memory)]
    rows = {}
    for name, sweep in sweeps:
        rows[name] = []
        for round_number in range(1, bench.rounds + 1):
            for label, body in sweep(bench):
                row = {"at": label, "round": round_number}
                try:
                    row |= body()
                    bench.say(f"{name} {label}: {row['rate']:,.0f}/s, {row['cpu_us']:.1f} µs CPU a delivery")
                except measuring.Failed as failure:
                    row["failure"] = str(failure)
                    bench.say(f"{name} {label}: {failure}")
                rows[name].append(row)
    return rows


def _count(bench, count):
    return count // 10 if bench.quick else count


def _deliver(bench, count, receiver_options=(), **job):
    """One run against a receiver of its own. Returns the figures, and what the receiver counted."""
    with bench.receiver(*receiver_options) as target:
        run = fanfare.Run(fanfare.Job(bench.contacts(count), target.url, job.pop("in_flight", 256), **job))
        stats = target.stats()
    return run.figures() | {"received": stats["requests"], "distinct": stats["distinct_ids"],
                            "connections": stats["connections_peak"]}


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


def _body(bench):
    for size in [200, 1024, 4096, 16_384, 65_536]:
        # A body without padding has some 200 bytes.
        yield size, lambda size=size: _deliver(bench, _count(bench, 50_000), padding=max(0, size - 200))


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
        figures = run.figures() | {"received": stats["requests"], "distinct": stats["distinct_ids"]}
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
        yield loops, lambda loops=loops: _deliver(bench, _count(bench, 200_000), ("--hold", 20), in_flight=1024,
                                                  loops=loops)


def _held(bench):
    """Ten thousand requests held open: when all are, and what they cost."""
    in_flight, count = (1000, 5000) if bench.quick else (10_000, 200_000)

    def body():
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
        return run.figures() | {"received": stats["requests"], "distinct": stats["distinct_ids"],
                                "held_peak": stats["held_peak"],
                                "all_held_after": reached[0] - run.frozen_at if reached else None}
    yield in_flight, body


def _tls_memory(bench):
    """Connections held open over TLS, each certificate verified."""
    for in_flight in [256] if bench.quick else [1024, 4096]:
        def body(in_flight=in_flight):
            # Held so long that all connections are really there.
            with bench.receiver("--hold", 500) as target, \
                    secure.Nginx(bench.folder, measuring.RECEIVER_CORE, False, target.port) as nginx:
                job = fanfare.Job(bench.contacts(20_000), nginx.url, in_flight, authority=nginx.authority)
                run = fanfare.Run(job)
                stats = target.stats()
            return run.figures() | {"received": stats["requests"], "distinct": stats["distinct_ids"],
                                    "held_peak": stats["held_peak"]}
        yield in_flight, body
