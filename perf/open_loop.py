"""A fixed rate: how late a delivery ends, counted from the instant for which it was planned.

The receiver's log says when each request came and when its answer left. The n-th of r a second is planned n/r seconds
behind the first, along the latest line that no request came before: what a client sends ahead in a burst makes the rest
late, and one that falls behind is late for all that waits.
"""
import fanfare

RATES = [2_000, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000, 40_000, 50_000, 60_000]


def run(bench):
    """Returns a row for each rate, up to the first that was not kept up with."""
    rows = []
    for rate in RATES[::3] if bench.quick else RATES:
        row = _at(bench, rate, 2 if bench.quick else 10)
        rows.append(row)
        bench.say(f"open loop {rate:,}/s: kept {row['rate']:,.0f}/s, p50 {row['p50_us'] / 1000:.1f} ms, "
                  f"p99 {row['p99_us'] / 1000:.1f} ms after the planned instant")
        if row["rate"] < 0.97 * rate:
            break
    return rows


def _at(bench, rate, seconds):
    count = min(rate * seconds, 500_000)
    log = bench.folder / "open-loop.log"
    # As many contacts as divide evenly, so that few files are made.
    with bench.receiver("--log", log) as target:
        job = fanfare.Job(bench.contacts(_rounded(count)), target.url, 4096, rate=rate)
        run = fanfare.Run(job, with_latency=False)
    late = lateness(log.read_text(), rate)
    return {"planned": rate, "sent": run.requests, "ok": run.delivered, "received": len(late),
            "rate": run.delivered / run.seconds, "cpu_us": run.cpu_us, "p50_us": late[len(late) // 2],
            "p99_us": late[len(late) * 99 // 100], "p999_us": late[len(late) * 999 // 1000], "longest_us": late[-1]}


def _rounded(count):
    return max(10_000, round(count / 10_000) * 10_000)


def lateness(log, rate):
    """How long after its planned instant each answer left, in µs, ascending. `log` is the receiver's."""
    lines = [line.split() for line in log.splitlines()]
    came, answered = (sorted(int(line[2]) for line in lines if line[0] == kind) for kind in "RA")
    planned = [n * 1_000_000 / rate for n in range(len(came))]
    start = min(at - after for at, after in zip(came, planned))
    return sorted(at - (start + after) for at, after in zip(answered, planned))
