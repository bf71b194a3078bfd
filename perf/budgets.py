"""What a delivery may cost, and what it did: the limits that we hold Fanfare to."""
import statistics

from figures import by_round, good, middle, quotients, spread_of

# By the part of the document.
PARTS = {"peers": "answered at once", "held": "answers held"}


def rows(document):
    """For each limit: what, must, aim, the figure or None where it was not measured, its text, whether it holds."""
    return [row for part in (_beside_peers, _growth, _loops, _memory, _held, _import) for row in part(document)]


def _row(what, most, aim, figure, form="{:.2f}×", shown=None):
    return (what, "≤ " + form.format(most), "≤ " + form.format(aim) if aim else "", figure,
            None if figure is None else shown or form.format(figure), figure is not None and figure <= most)


def _ratio(what, most, aim, values):
    """The median of the rounds' quotients."""
    return _row(what, most, aim, statistics.median(values) if values else None, shown=spread_of(values, "{:.2f}×"))


def _beside_peers(document):
    limits = [("wrk", {256: (3.0, 2.5), 4096: (2.4, 2.0)}), ("go-nethttp", {256: (0.75, 0.6), 4096: (0.65, 0.6)}),
              ("rust-hyper", {256: (1.6, 1.2), 4096: (1.3, 1.0)})]
    for part, how in PARTS.items():
        for client, by_size in limits:
            for in_flight, (most, aim) in by_size.items():
                own, other = (good(document[part], client=name, in_flight=in_flight) for name in ("fanfare", client))
                yield _ratio(f"CPU a delivery ÷ that of {client}, {in_flight:,} in flight, {how}", most, aim,
                             quotients(own, other))


def _growth(document):
    """With answers held: towards a receiver that answers at once Fanfare has far fewer connections than wrk."""
    def above(in_flight):
        own, floor = (good(document["held"], client=name, in_flight=in_flight) for name in ("fanfare", "wrk"))
        return [{"round": number, "cpu_us": cpu - least} for number, cpu, least in by_round(own, floor)]
    yield _ratio("growth: what lies above wrk at 8,192 in flight ÷ at 64, answers held", 1.5, 1.2,
                 quotients(above(8192), above(64)))


def _loops(document):
    one, two = (good(document["sweeps"]["loops"], at=loops) for loops in (1, 2))
    yield _ratio("CPU a delivery, two loops ÷ one", 1.10, 1.05, quotients(two, one))
    share = middle(two, "least_share")
    yield ("share of the less busy loop", "≥ 45 %", "", share, share and f"{share:.0%}", bool(share and share >= 0.45))


def _memory(document):
    def most(label):
        rows = good(document["sweeps"]["memory"], at=label)
        return max(row["megabytes"] for row in rows) if rows else None
    yield _row("memory, 1,000,000 contacts, 4,096 connections, plain: the most of all rounds", 150, 100,
               most("plain, 4,096 in flight, 1,000,000 contacts"), "{:.0f} MB")
    plain, secure = (most(f"{kind}, 4,096 in flight, 20,000 contacts") for kind in ("plain", "verified TLS"))
    more = (secure - plain) * 1000 / 4096 if plain and secure else None
    yield _row("memory more for each verified TLS connection, 20,000 contacts", 90, 80, more, "{:.0f} kB")


def _held(document):
    mine = good(document["sweeps"]["held"], at=10_000)
    after = [row["all_held_after"] for row in mine]
    yield _row("10,000 held open: all in flight after", 15, None, max(after) if mine and None not in after else None,
               "{:.1f} s")
    fewer = good(document["sweeps"]["held"], at=8192)
    yield _ratio("… CPU a delivery ÷ that of 8,192 held as long (the same, within a tenth)", 1.1, None,
                 quotients(mine, fewer))


def _import(document):
    million = good(document["sweeps"]["contacts"], at=1_000_000)
    yield _row("import of 1,000,000 CSV rows", 10, 6, middle(million, "import_seconds"), "{:.1f} s")
    yield _row("… its memory", 100, None, middle(million, "import_megabytes"), "{:.0f} MB")
    yield _row("freeze of three conditions among 1,000,000", 1.5, 0.8, middle(million, "freeze_seconds"), "{:.2f} s")
