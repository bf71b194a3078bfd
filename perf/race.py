"""Fanfare, its peers and wrk at the same job, in turn, round by round."""
import pathlib
import subprocess

import fanfare
import measuring
import receiver

SIZES = [64, 256, 1024, 4096]
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
    return figures | {"received": stats["requests"], "distinct": stats["distinct_ids"]}


def verified(bench, deliver):
    """A small run before those that are measured, for a receiver that checks each signature. Returns its figures."""
    with bench.receiver("--verify", fanfare.SECRET) as target:
        figures = deliver(target)
        stats = target.stats()
    if stats["signatures_bad"] or stats["signatures_good"] != TRIAL:
        raise measuring.Failed(f"{stats['signatures_good']} of {TRIAL} requests had the right signature")
    return measuring.must_agree(arrived(figures, stats), TRIAL)


def run(bench, peers):
    """Returns a row for each run: client, in flight, round, and its figures, or why it failed."""
    count = 10_000 if bench.quick else 100_000
    budget = 4 if bench.quick else 30
    rates = {}
    rows = []
    for round_number in range(1, bench.rounds + 1):
        for in_flight in [256, 4096] if bench.quick else SIZES:
            rows += [_wrk(bench, in_flight), _fanfare(bench, in_flight, count, rates)]
            for peer in peers:
                if in_flight <= peer.most_in_flight:
                    rows.append(_peer(bench, peer, in_flight, count, budget, rates))
            for row in rows[-2 - len(peers):]:
                row.setdefault("round", round_number)
    return rows


def _row(bench, client, in_flight, body):
    row = {"client": client, "in_flight": in_flight}
    return measuring.attempt(bench.say, f"{client}, {in_flight} in flight", row, body)


def _wrk(bench, in_flight):
    def body():
        with bench.receiver() as target:
            figures = bench.wrk(target.url, in_flight, 1 if bench.quick else 5)
            # wrk stops in the middle of what it has in flight: there are answers that it does not count.
            return figures | {"received": target.stats()["requests"]}
    return _row(bench, "wrk", in_flight, body)


def _fanfare(bench, in_flight, count, rates):
    def body():
        if "fanfare" not in rates:
            trial = verified(bench, lambda target: fanfare.Run(
                fanfare.Job(bench.contacts(TRIAL), target.url, in_flight)).figures())
            rates["fanfare"] = trial["rate"]
        with bench.receiver() as target:
            job = fanfare.Job(bench.contacts(count), target.url, in_flight)
            figures = fanfare.Run(job).figures()
            return measuring.must_agree(arrived(figures, target.stats()), count)
    return _row(bench, "fanfare", in_flight, body)


def _peer(bench, peer, in_flight, count, budget, rates):
    """A slow one gets as many contacts as it does in the time; how many that is a short run tells first."""
    def body():
        if peer.folder not in rates:
            trial = verified(bench, lambda target: peer.run(
                bench.built, target.url + "v2/messages", bench.contacts(count), TRIAL, in_flight, 120))
            rates[peer.folder] = trial["rate"]
        share = max(1000, min(count, int(rates[peer.folder] * budget)))
        with bench.receiver() as target:
            figures = peer.run(bench.built, target.url + "v2/messages", bench.contacts(count), share, in_flight,
                               10 * budget + 60)
            rates[peer.folder] = figures["rate"]
            return measuring.must_agree(arrived(figures, target.stats()), share)
    return _row(bench, peer.folder, in_flight, body)
