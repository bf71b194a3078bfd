"""The agent as the thing measured: one run of a job over a contact file, in a data directory of its own."""
import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import measuring

ROOT = pathlib.Path(__file__).resolve().parent.parent
RELEASE = ROOT / ".build/release"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TEXT = ("Bonjour {}, vos offres vous attendent : moins trente pour cent jusqu'à dimanche soir, en magasin et en "
        "ligne. Présentez ce message en caisse, ou le code AUTOMNE en ligne.")
BODY = 270  # bytes that this makes, about
# Three conditions that every contact of scripts/make-contacts meets.
SEGMENT = """\
  segment:
    match: all
    conditions:
      - {condition_type: TextMerge, field: SCORE, op: less, value: "1000"}
      - {condition_type: EmailAddress, field: EMAIL, op: ends, value: example.com}
      - {condition_type: TextMerge, field: FIRST_NAME, op: not, value: Nobody}"""


def build():
    """Builds the release programs; ends the script when that fails, behind the compiler's words."""
    if shutil.which("swift") is None:
        sys.exit("there is no Swift toolchain on the PATH: Swift 6.3 from swift.org is needed")
    if measuring.complete(["swift", "build", "-c", "release"], cwd=ROOT, stdout=sys.stderr).returncode != 0:
        sys.exit("the build failed")


@dataclasses.dataclass(frozen=True)
class Job:
    """What differs from one measured job to the next."""
    contacts: pathlib.Path
    url: str
    in_flight: int
    selection: str = ""
    authority: pathlib.Path | None = None
    http: str = "1.1"
    rate: int | None = None      # a second
    body: int = BODY             # bytes, about
    retries: str = "[1s, 1s, 1s, 1s]"
    loops: int = 1
    names_contacts: bool = False  # in a header, for a receiver that logs them

    def text(self):
        lines = ["fanfare: 1", "name: perf", "audience:", f"  import: {self.contacts}",
                 "  columns: {score: {tag: SCORE, type: number}}", self.selection, "webhook:",
                 f"  url: {self.url}v2/messages", "  data:"]
        more = self.body - BODY
        text = TEXT.format("*|FIRST_NAME|*")[:min(more, 0) or None]
        data = {"to": "*|PHONE|*", "email": "*|EMAIL|*", "text": text, "city": "*|CITY|*", "score": "*|SCORE|*"}
        if more > 0:
            data["padding"] = "x" * max(0, more - len(',"padding":""'))
        lines += [f"    {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in data.items()]
        if self.names_contacts:
            lines += ['  headers: {X-Contact: "*|EMAIL|*"}']
        lines += [f"  signing: {{secret: {SECRET}}}"]
        if self.authority:
            lines.append(f"  tls: {{ca: {self.authority}}}")
        rate = f", rate: {self.rate}/s" if self.rate else ""
        lines.append(f"delivery: {{max_in_flight: {self.in_flight}, concurrency: fixed, timeout: 30s, "
                     f"http: {self.http}, retries: {self.retries}{rate}}}")
        return "\n".join(line for line in lines if line) + "\n"


class Run:
    """One run. Its progress lines part it: "Imported …" ends the import, "Delivering to N …" the freeze."""

    def __init__(self, job, timeout=600, on_frozen=None, with_latency=True):
        # Beside the build: a folder for temporary files may lie in memory, where a commit costs nothing.
        with tempfile.TemporaryDirectory(prefix="perf-data-", dir=ROOT / ".build") as folder:
            file = pathlib.Path(folder) / "job.yaml"
            file.write_text(job.text())
            output, usage, before = self._deliver(job, file, f"{folder}/data", timeout, on_frozen)
            result = json.loads(output.splitlines()[-1])
            self.total, self.delivered = result["total"], result["counts"]["delivered"]
            self.requests, self.seconds = result["requests"], result["seconds"]
            self.cpu_us = (usage.cpu_seconds - before) / self.total * 1e6
            self.whole_cpu_us = usage.cpu_seconds / self.total * 1e6
            self.whole_seconds, self.megabytes = usage.seconds, usage.megabytes
            self.dead = result["counts"].get("dead", 0)
            self.latency = self._latency(folder) if with_latency else {}

    def _deliver(self, job, file, data, timeout, on_frozen):
        start = time.monotonic()
        process = subprocess.Popen(
            measuring.on_core(",".join(map(str, measuring.CORES[:job.loops])),
                              RELEASE / "fanfare", "run", file, "--data", data, "--json", "--loops", job.loops,
                              "--allow-network", "127.0.0.0/8"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            start_new_session=True)
        before = 0
        peak = measuring.PeakMemory(process.pid)
        try:
            with measuring.deadline(timeout, process.pid):
                for line in process.stderr:
                    now = time.monotonic()
                    if line.startswith("Imported"):
                        self.import_seconds, imported = now - start, now
                        self.import_megabytes = measuring.peak_megabytes(process.pid)
                    elif line.startswith("Delivering to"):
                        self.freeze_seconds, self.frozen_at = now - imported, now
                        before = measuring.cpu_so_far(process.pid)
                        if on_frozen:
                            on_frozen(process.pid)
                    elif "max_in_flight is" in line:
                        raise measuring.Failed(line.strip())
                output = process.stdout.read()
                used = measuring.wait(process)
        finally:
            measuring.end_group(process.pid)
        if process.returncode not in (0, 3):
            raise measuring.Failed(f"fanfare run ended with status {process.returncode}")
        usage = measuring.Usage(time.monotonic() - start, measuring.cpu_seconds(used), peak.megabytes)
        return output, usage, before

    def _latency(self, folder):
        report = subprocess.run([RELEASE / "fanfare", "report", "perf", "--data", f"{folder}/data", "--json"],
                                stdout=subprocess.PIPE, check=True, text=True)
        latency = json.loads(report.stdout)["survey"]["latency"]
        return {"p50_us": latency["p50"], "p99_us": latency["p99"], "p999_us": latency["p999"]}

    def figures(self):
        """The row of results that every client has, and what only this one measures."""
        return {
            "sent": self.requests, "ok": self.delivered, "dead": self.dead, "seconds": self.seconds,
            "rate": self.delivered / self.seconds, "cpu_us": self.cpu_us, "megabytes": self.megabytes,
            "whole_cpu_us": self.whole_cpu_us, "whole_seconds": self.whole_seconds,
            "whole_rate": self.delivered / self.whole_seconds, "import_seconds": self.import_seconds,
            "import_megabytes": self.import_megabytes, "freeze_seconds": self.freeze_seconds, **self.latency,
        }


def wrk(url, in_flight, seconds, script, timeout=120):
    """The floor that the kernel sets: a fixed body over and over. Returns a row of figures."""
    output, usage = measuring.run(
        ["wrk", "-t1", f"-c{in_flight}", f"-d{seconds}s", "--latency", "-s", script, url], timeout)
    return parse_wrk(output, usage, seconds)


def parse_wrk(output, usage, seconds):
    if broken := re.search(r"Socket errors:.*", output):
        raise measuring.Failed(broken[0])
    requests = int(re.search(r"(\d+) requests in", output)[1])
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    units = {"us": 1, "ms": 1000, "s": 1_000_000}
    marks = {float(share): float(value) * units[unit]
             for share, value, unit in re.findall(r"^\s+([\d.]+)%\s+([\d.]+)(us|ms|s)$", output, re.MULTILINE)}
    return {"sent": requests, "ok": requests - (int(errors[1]) if errors else 0), "seconds": seconds,
            "rate": requests / seconds, "cpu_us": usage.cpu_seconds / requests * 1e6, "megabytes": usage.megabytes,
            "p50_us": marks.get(50.0), "p99_us": marks.get(99.0), "p999_us": None}
