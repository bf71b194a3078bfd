"""perf/RESULTS.md, its charts and the raw figures beside it."""
import json
import statistics

import budgets
import charts
import peers
from figures import good, middle, quotients, spread, spread_of

LABELS = {"wrk": "wrk, a fixed body", "fanfare": "Fanfare, from its frozen audience"}
LABELS |= {peer.folder: peer.label for peer in peers.PEERS}
# Charts have less room.
SHORT = LABELS | {"fanfare": "Fanfare, with its ledger", "curl-parallel": "curl --parallel"}
ORDER = ["wrk", "fanfare", *(peer.folder for peer in peers.PEERS)]
# The colours of charts go by this order.
DRAWN = ["fanfare", "wrk", *ORDER[2:]]


def write(document, folder):
    (folder / "results.json").write_text(json.dumps(document, indent=1) + "\n")
    drawings = folder / "charts"
    drawings.mkdir(exist_ok=True)
    for name, drawing in _charts(document).items():
        (drawings / f"{name}.svg").write_text(drawing)
    (folder / "RESULTS.md").write_text(text(document))


def failures(document):
    """What went wrong, in a few words each."""
    found = [f"{row['client']} at {row['in_flight']:,}: {row['failure']}"
             for row in document.get("peers", []) + document.get("held", []) if "failure" in row]
    found += [f"{name} {row['at']}: {row['failure']}" for name, rows in document.get("sweeps", {}).items()
              for row in rows if "failure" in row]
    return found + [f"open loop {row['planned']:,}/s: {row['failure']}"
                    for row in document.get("open_loop", []) if "failure" in row]


def text(document):
    parts = [_head(document)]
    if document.get("peers"):
        parts.append(_peers(document))
    if document.get("held"):
        parts.append(_held(document["held"]))
    if document.get("sweeps"):
        parts.append(_sweeps(document["sweeps"]))
    if document.get("open_loop"):
        parts.append(_open_loop(document["open_loop"]))
    if document.get("peers") and document.get("held") and document.get("sweeps"):
        parts.append(_budgets(document))
    parts.append(_machine(document["machine"]))
    return "\n\n".join(parts) + "\n"


def milliseconds(value):
    return "–" if value is None else f"{value / 1000:,.1f} ms"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join(["---"] + ["---:"] * (len(head) - 1)) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def _head(document):
    return ("# How fast, on what, and did every one arrive?\n\nWritten by `perf/run`; `perf/README.md` says how it "
            "measures, `perf/results.json` has every run. Medians, with the least and the most of the rounds behind "
            "them. CPU is the client's user and system time: the figure to compare on machines that others share. "
            "Only Fanfare kept a ledger: it alone can say afterwards what became of each contact, goes on after "
            "`kill -9`, and tries again what failed.")


def _peers(document):
    rows = document["peers"]
    parts = ["## Beside what a user would write\n\nThe same job for all: a CSV file of contacts, one signed JSON body "
             "of about 270 bytes for each, POST over kept connections to a receiver on another core that answers at "
             "once. The peers read the CSV while they send, but for curl, for which the requests are made and signed "
             "before. Fanfare imports it first: its row, its ratios and the charts are from the frozen audience to the "
             "last commit of its ledger; the row below has the import too. `wrk` sends one body over and over: the "
             "floor that the kernel sets.",
             "In flight is what may be. A peer makes so many connections and keeps all of them busy, but for Celery, "
             "whose workers are few; Fanfare makes those that it needs, and towards a receiver that answers at once "
             "fewer do: the column has the most. What as many really in flight cost is below, where answers are held "
             "back.",
             "![Deliveries a second at 256 in flight](charts/peers.svg)\n\n"
             "![CPU a delivery](charts/peers-cpu.svg)"]
    for in_flight in sorted({row["in_flight"] for row in rows}):
        parts.append(f"### {in_flight:,} in flight\n\n" + _peer_table(rows, in_flight, document["missing"]))
    parts.append("p50, p99 and p99.9 of a peer count from the moment a request is handed to its HTTP library; "
                 "Fanfare's from the moment a connection is there for it, of which it makes no more than it needs. So "
                 "these columns compare peers with each other, not with Fanfare. `curl --parallel` takes at most 300.")
    if not document["missing"] and not any("failure" in row for row in rows):
        parts.append("Before the measured runs each client delivered 2,000 to a receiver that checks signatures: all "
                     "were right.")
    failed = {(row["client"], row["in_flight"], row["failure"]) for row in rows if "failure" in row}
    lines = [f"- {LABELS[client]} at {in_flight:,}: {failure}" for client, in_flight, failure in sorted(failed)]
    if lines:
        parts.append("Not measured:\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


PEER_HEAD = ["Client", "Deliveries/s", "CPU µs each", "Fanfare ÷ it", "Connections", "Memory", "p50", "p99", "p99.9",
             "Received = sent", "Ledger"]


def _peer_table(rows, in_flight, missing):
    lines = []
    for client in ORDER:
        mine = good(rows, client=client, in_flight=in_flight)
        if mine:
            lines.append(_peer_line(rows, in_flight, client, mine))
        elif client in missing:
            lines.append([LABELS[client], f"left out: {missing[client]}", *[""] * (len(PEER_HEAD) - 2)])
        if mine and client == "fanfare":
            lines.append(["… its import of the CSV too", spread(mine, "whole_rate"),
                          spread(mine, "whole_cpu_us", "{:,.1f}"), *["–"] * (len(PEER_HEAD) - 3)])
    return table(PEER_HEAD, lines)


def _peer_line(rows, in_flight, client, mine):
    own = good(rows, client="fanfare", in_flight=in_flight)
    return [LABELS[client], spread(mine, "rate"), spread(mine, "cpu_us", "{:,.1f}"), spread_of(quotients(own, mine)),
            f"{max(row['connections'] for row in mine):,}", spread(mine, "megabytes") + " MB",
            milliseconds(middle(mine, "p50_us")), milliseconds(middle(mine, "p99_us")),
            milliseconds(middle(mine, "p999_us")), _arrival(client, mine), "yes" if client == "fanfare" else "no"]


def _held(rows):
    parts = ["## As many really in flight\n\nThe same job towards a receiver that holds each answer back, so long that "
             "at most some 20,000 come back a second: every client keeps as many connections busy as may be in flight. "
             "Those are here that keep up with it, or nearly.",
             "![CPU a delivery with as many in flight](charts/held-cpu.svg)"]
    for in_flight, hold in dict.fromkeys((row["in_flight"], row["hold"]) for row in rows):
        parts.append(f"### {in_flight:,} in flight, answers held for {hold} ms\n\n" + _peer_table(rows, in_flight, {}))
    return "\n\n".join(parts)


def _arrival(client, rows):
    if client == "wrk":
        return "–"
    exact = all(row["received"] == row["sent"] and row["distinct"] == row["ok"] for row in rows)
    return f"yes, {rows[0]['distinct']:,}" if exact else "no: " + ", ".join(
        f"{row['received']:,} of {row['sent']:,}" for row in rows)


SWEEPS = {
    "in_flight": ("Requests in flight", "In flight", ""),
    "contacts": ("Contacts, 4,096 in flight; the million by a segment of three conditions", "Contacts", ""),
    "delay": ("A receiver that takes its time, 4,096 in flight", "Answer after", " ms"),
    "endpoints": ("Endpoints, 1,024 in flight: the loop alone, without lanes and ledger", "Endpoints", ""),
    "body": ("Bytes of the body, 256 in flight", "Bytes", ""),
    "protocol": ("Protocols, 256 in flight; TLS through nginx on the receiver's core", "Protocol", ""),
    "failures": ("Answers of 500, tried again after a second, up to four times, which the rate has in it", "Share", ""),
    "loops": ("Event loops, answers after 20 ms", "Loops", ""),
    "held": ("Held open, answered after a second", "In flight", ""),
    "memory": ("Memory with all in flight held open; 1,000,000 contacts plain, 20,000 over TLS", "Connections", ""),
}


def _sweeps(sweeps):
    parts = ["## One thing changed at a time\n\n![CPU a delivery by requests in flight](charts/in-flight.svg)"]
    for name, rows in sweeps.items():
        title, column, unit = SWEEPS[name]
        parts.append(f"### {title}\n\n" + _sweep_table(rows, column, unit))
    return "\n\n".join(parts)


def _failure(rows, at):
    return next(row["failure"] for row in rows if row["at"] == at and "failure" in row)


def _floor(rows):
    return statistics.median(row["wrk"]["cpu_us"] for row in rows)


def _sweep_table(rows, column, unit):
    head = [column, "Deliveries/s", "CPU µs each", "Memory", "p50", "p99", "p99.9", "Every one arrived"]
    extras = [("wrk", "wrk, CPU µs", lambda mine: f"{_floor(mine):,.1f}"),
              ("wrk", "Fanfare ÷ wrk", lambda mine: spread_of([row["cpu_us"] / row["wrk"]["cpu_us"] for row in mine])),
              ("import_seconds", "Import", lambda mine: f"{middle(mine, 'import_seconds'):.2f} s"),
              ("freeze_seconds", "Freeze", lambda mine: f"{middle(mine, 'freeze_seconds'):.2f} s"),
              ("dead", "Given up", lambda mine: f"{max(row['dead'] for row in mine):,}"),
              ("held_peak", "Held at a time", lambda mine: f"{max(r['held_peak'] for r in mine):,}"),
              ("least_share", "Less busy loop", lambda mine: f"{middle(mine, 'least_share'):.0%} of the work"),
              ("all_held_after", "All after", lambda mine: f"{max(r['all_held_after'] for r in mine):.1f} s")]
    used = [extra for extra in extras if any(row.get(extra[0]) is not None for row in good(rows))
            and column == {"import_seconds": "Contacts", "freeze_seconds": "Contacts", "dead": "Share"}.get(
                extra[0], column)]
    lines = []
    for at in dict.fromkeys(row["at"] for row in rows):
        mine = good(rows, at=at)
        label = f"{at:,}{unit}" if isinstance(at, int) else f"{at}{unit}"
        if not mine:
            lines.append([label, _failure(rows, at)] + [""] * (len(head) + len(used) - 2))
            continue
        failed = sum(row["at"] == at for row in rows) - len(mine)
        label += f" ({failed} more failed: {_failure(rows, at)})" if failed else ""
        # What was tried again came more than once; each id arrived, and no more than was sent.
        complete = all(row.get("distinct", row["ok"]) == row["ok"] + row.get("dead", 0)
                       and row["received"] == row["sent"] for row in mine)
        lines.append([label, spread(mine, "rate"), spread(mine, "cpu_us", "{:,.1f}"),
                      spread(mine, "megabytes") + " MB", milliseconds(middle(mine, "p50_us")),
                      milliseconds(middle(mine, "p99_us")), milliseconds(middle(mine, "p999_us")),
                      "yes" if complete else "no"]
                     + [make(mine) if all(row.get(key) is not None for row in mine) else "–" for key, _, make in used])
    return table(head + [name for _, name, _ in used], lines)


def _open_loop(rows):
    lines = []
    for planned in sorted({row["planned"] for row in rows}):
        if mine := good(rows, planned=planned):
            lines.append([f"{planned:,}/s", len(mine), spread(mine, "rate") + "/s", spread(mine, "cpu_us", "{:.1f}"),
                          milliseconds(middle(mine, "p50_us")), milliseconds(middle(mine, "p99_us")),
                          milliseconds(middle(mine, "p999_us")), milliseconds(max(r["longest_us"] for r in mine))])
        lines += [[f"{planned:,}/s", "", row["failure"], *[""] * 5]
                  for row in rows if row["planned"] == planned and "failure" in row]
    return ("## At a fixed rate\n\nHow long after the instant for which it was planned each answer left the receiver, "
            "in each round up to the rate of which less than 97 % was kept. What waits behind a late one is late too, "
            "and counts.\n\n"
            + table(["Planned", "Rounds", "Kept", "CPU µs each", "p50", "p99", "p99.9", "longest"], lines))


def _budgets(document):
    lines = [[what, must, aim, *(["–", "–"] if figure is None else [shown, "yes" if holds else "**no**"])]
             for what, must, aim, figure, shown, holds in budgets.rows(document)]
    return ("## What we hold it to\n\nRatios come from one run, in turn, on the same cores: medians of the rounds' own, "
            "with the least and the most of them. What dies and goes on is held to its limits by `scripts/kill-test`, "
            "the latency of events beside a campaign by `perf/api`.\n\n"
            + table(["What", "Must", "Aim", "Measured", "Held"], lines))


def _machine(machine):
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (f"## Machine\n\n{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Linux "
            f"{machine['kernel']}; client on one core, receiver on another, over loopback; ledgers on "
            f"{machine['ledgers_on']}. {machine['fanfare']}; "
            f"{machine['swift']}; {versions}. {machine['date']}. Loopback has no network in it, and two cores no room "
            "for a receiver that works: read the figures as what the client costs, not as what a service takes.")


def _charts(document):
    rows, held, sweeps = document["peers"], document["held"], document["sweeps"]
    at = 256
    drawn = {}
    bars = []
    for client in ORDER:
        if mine := good(rows, client=client, in_flight=at):
            rates = [row["rate"] for row in mine]
            bars.append((SHORT[client], statistics.median(rates), min(rates), max(rates), ""))
    drawn["peers"] = charts.bars(f"Deliveries a second, {at} in flight",
                                 "one core for the client, Fanfare without its import; the line shows the rounds' "
                                 "spread", bars, "/s")
    drawn["peers-cpu"] = charts.lines(
        "CPU a delivery", "µs of user and system time, Fanfare without its import; Celery, far above, is left out",
        _by_size(rows, [client for client in DRAWN if client != "celery-requests"]), "requests that may be in flight")
    drawn["held-cpu"] = charts.lines(
        "CPU a delivery with as many in flight",
        "µs of user and system time, answers held back, at most some 20,000 a second",
        _by_size(held, DRAWN), "requests in flight")
    own = good(sweeps["in_flight"])
    points = sorted({row["at"] for row in own})
    drawn["in-flight"] = charts.lines(
        "CPU a delivery by requests in flight", "µs of user and system time",
        [("Fanfare", [(n, middle(good(own, at=n), "cpu_us")) for n in points]),
         ("wrk", [(n, _floor(good(own, at=n))) for n in points])],
        "requests that may be in flight")
    return drawn


def _by_size(rows, clients):
    """A line for each client that was measured."""
    series = [(SHORT[client], [(size, middle(good(rows, client=client, in_flight=size), "cpu_us"))
                               for size in sorted({row["in_flight"] for row in rows})
                               if good(rows, client=client, in_flight=size)]) for client in clients]
    return [(label, points) for label, points in series if points]
