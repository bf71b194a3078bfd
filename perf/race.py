"""Fanfare, its peers and wrk at the same job, in turn, round by round."""
import subprocess

import fanfare
import measuring
import receiver

SIZES = [64, 256, 1024, 4096]
# Requests in flight, and the milliseconds for which their answers are held: at most some 20,000 come back a second,
# with which the clients below keep up on one core of most machines.
HOLDS = {64: 3, 256: 12, 4096: 200, 8192: 400}
BUDGETED = [256, 4096]
KEEPING_UP = ["rust-hyper", "go-fasthttp", "go-nethttp"]
TRIAL = 2000  # contacts of the run that is verified
WRK_SCRIPT = """\
wrk.method = "POST"
wrk.path = "/v2/messages"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["webhook-id"] = "msg_aaaaaaaaaaaaaaaaaaaaaaaaaa"
wrk.headers["webhook-timestamp"] = "1700000000"
wrk.headers["webhook-signature"] = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
wrk.body = [==[{"to":"+33612345678","email":"contact.123456@example.com","text":"%s","city":"Paris","score":500}]==]
""" % fanfare.TEXT.format("Élodie")


class Bench:
    """What all measurements share: built programs, contact files, receivers."""

    def __init__(self, folder, built, quick, rounds, say):
        self.folder, self.built, self.quick, self.rounds, self.say = folder, built, quick, rounds, say
        # Only where peers are measured, which have to prove that they sign.
        self.program = receiver.build(folder, verifies=built is not None)
        self.wrk_script = folder / "post.lua"
        self.wrk_script.write_text(WRK_SCRIPT)

    def contacts(self, count):
        """A file of that many contacts, made once."""
        path = fanfare.ROOT / f".build/perf-contacts-{count}.csv"
        if not path.exists():
            partial = path.with_suffix(".partial")
            subprocess.run([fanfare.ROOT / "scripts/make-contacts", str(count), "--format", "plain", "-o", partial],
                           check=True)
            partial.rename(path)
        return path

    def receiver(self, *arguments):
        return receiver.Receiver(self.program, *arguments, core=measuring.RECEIVER_CORE)

    def wrk(self, url, in_flight, seconds):
        return fanfare.wrk(url, in_flight, seconds, self.wrk_script)


def arrived(figures, stats):
    """Adds what the receiver counted to a client's row."""
    return figures | {"received": stats["requests"], "distinct": stats["distinct_ids"],
                      "connections": stats["connections_peak"]}


def verified(bench, deliver):
    """A small run before those that are measured, for a receiver that checks each signature. Returns its figures."""
    with bench.receiver("--verify", fanfare.SECRET) as target:
        figures = deliver(target)
        stats = target.stats()
    if stats["signatures_bad"] or stats["signatures_good"] != TRIAL:
        raise measuring.Failed(f"{stats['signatures_good']} of {TRIAL} requests had the right signature")
    return measuring.must_agree(arrived(figures, stats), TRIAL)


class Race:
    """The clients in turn, every other round the other way round: those that are compared stay near each other."""

    def __init__(self, bench, chosen):
        self.bench = bench
        self.peers = {peer.folder: peer for peer in chosen}
        self.count = 10_000 if bench.quick else 100_000
        self.budget = 4 if bench.quick else 30  # seconds of a slow one
        self.rates = {}

    def answered_at_once(self):
        """Returns a row for each run: client, in flight, round, and its figures, or why it failed."""
        return self._rounds([(size, 0) for size in ([256, 4096] if self.bench.quick else SIZES)], list(self.peers))

    def held(self):
        """The same with answers held back, so that as many are in flight as may be; only those that keep up."""
        return self._rounds([(4096, HOLDS[4096])] if self.bench.quick else HOLDS.items(),
                            [client for client in self.peers if client in KEEPING_UP])

    def _rounds(self, loads, clients):
        rows = []
        for number in range(1, self.bench.rounds + 1):
            for in_flight, hold in loads:
                turn = ["wrk", "fanfare"] + [c for c in clients if in_flight <= self.peers[c].most_in_flight]
                if hold and in_flight not in BUDGETED:
                    turn = turn[:2]
                for client in turn[::-1] if number % 2 == 0 else turn:
                    row = {"client": client, "in_flight": in_flight, "hold": hold, "round": number}
                    label = f"{client}, {in_flight} in flight" + (f", held {hold} ms" if hold else "")
                    rows.append(measuring.attempt(self.bench.say, label, row,
                                                  lambda: self._measured(client, in_flight, hold)))
        return rows

    def _measured(self, client, in_flight, hold):
        if client != "wrk":
            self._prove(client, in_flight)
        with self.bench.receiver(*(["--hold", hold] if hold else [])) as target:
            figures, asked = self._deliver(client, target, in_flight, hold=hold)
            figures = arrived(figures, target.stats())
        # wrk stops in the middle of what it has in flight: there are answers that it does not count.
        return figures if client == "wrk" else measuring.must_agree(figures, asked)

    def _prove(self, client, in_flight):
        """A small run first, that is verified, and tells how many a slow client does in the time."""
        if client not in self.rates:
            self.rates[client] = verified(self.bench, lambda target: self._deliver(
                client, target, in_flight, TRIAL)[0])["rate"]

    def _deliver(self, client, target, in_flight, count=None, hold=0):
        """Returns its figures, and to how many contacts it was asked to deliver."""
        if client == "wrk":
            # What it has in flight at its end it has sent and does not count: little beside fifty times as many.
            seconds = max(5, 50 * hold // 1000)
            return self.bench.wrk(target.url, in_flight, 1 if self.bench.quick else seconds), None
        if client == "fanfare":
            count = count or self.count
            return fanfare.Run(fanfare.Job(self.bench.contacts(count), target.url, in_flight)).figures(), count
        count = count or max(1000, min(self.count, int(self.rates[client] * self.budget)))
        return self.peers[client].run(self.bench.built, target.url + "v2/messages", self.bench.contacts(self.count),
                                      count, in_flight, 10 * self.budget + 60), count
