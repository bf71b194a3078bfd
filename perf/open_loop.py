"""A fixed rate: how late a delivery ends, counted from the instant for which it was planned.

The receiver's log says when each contact's request came and when its answer left. The n-th contact of r a second is
planned n/r seconds behind the first, along the latest line that no request came before: what a client sends ahead in a
burst makes the rest late, and one that falls behind is late for all that waits.
"""
import fanfare
import measuring

RATES = [2_000, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000, 40_000, 50_000, 60_000, 70_000, 80_000]


def run(bench):
    """Returns a row for each rate and round, up to the first rate that was not kept up with in that round."""
    rows = []
    for round_number in range(1, bench.rounds + 1):
        for rate in RATES[::3] if bench.quick else RATES:
            row = {"planned": rate, "round": round_number}
            rows.append(measuring.attempt(bench.say, f"open loop {rate:,}/s", row,
                                          lambda rate=rate: _at(bench, rate, 2 if bench.quick else 10)))
            if "failure" in row or row["rate"] < 0.97 * rate:
                break
    return rows


def _at(bench, rate, seconds):
    count = min(rate * seconds, 500_000)
    log = bench.folder / "open-loop.log"
    # As many contacts as divide evenly, so that few files are made.
    with bench.receiver("--log", log) as target:
        job = fanfare.Job(bench.contacts(_rounded(count)), target.url, 4096, rate=rate, names_contacts=True)
        run = fanfare.Run(job, with_latency=False)
    late = lateness(log.read_text(), rate)
    agreed = measuring.must_agree({"sent": run.requests, "ok": run.delivered, "received": len(late)}, run.total)
    return agreed | {"rate": run.delivered / run.seconds, "cpu_us": run.cpu_us, "p50_us": late[len(late) // 2],
                     "p99_us": late[len(late) * 99 // 100], "p999_us": late[len(late) * 999 // 1000],
                     "longest_us": late[-1]}


def _rounded(count):
    return max(10_000, round(count / 10_000) * 10_000)


def lateness(log, rate):
    """How long after its planned instant each answer left, in µs, ascending. `log` is the receiver's."""
    came, answered, ordinals = {}, {}, {}
    for line in log.splitlines():
        kind, sequence, at, *rest = line.split()
        if kind == "A":
            answered[sequence] = int(at)
        else:
            came[sequence] = int(at)
            # "contact.17@…", in the order of the file.
            ordinals[sequence] = int(rest[1].partition("@")[0].rpartition(".")[2]) - 1
    planned = {sequence: ordinal * 1_000_000 / rate for sequence, ordinal in ordinals.items()}
    start = min(came[sequence] - planned[sequence] for sequence in came)
    return sorted(at - (start + planned[sequence]) for sequence, at in answered.items())
