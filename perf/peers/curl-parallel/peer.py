"""curl --parallel: one process of the command-line tool sends all the requests, which a config file holds ready.

The requests are rendered and signed before curl starts, so `cpu_seconds` and `memory_mb` are curl's alone, its reading
of the config file among them. curl takes at most 300 transfers at once: `in_flight` says how many there were. libcurl
itself sends a request again when a kept connection turns out to be closed, which no option stops. See ../README.md.
"""
import argparse
import base64
import contextlib
import csv
import hmac
import itertools
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time

TEXT = ("Bonjour %s, vos offres vous attendent : moins trente pour cent jusqu'à dimanche soir, en magasin et en "
        "ligne. Présentez ce message en caisse, ou le code AUTOMNE en ligne.")
MOST_IN_FLIGHT = 300
TIMEOUT_SECONDS = 30
# Options hold up to the "next" line, so that each request says them all. The answer of the first one goes to a file of
# its own: the file's time of change tells when that request ended, and so when the sending began.
REQUEST = """\
url = "{url}"
http1.1
max-time = {timeout}
output = "{output}"
write-out = "%{{http_code}} %{{time_total}} {identifier}\\n"
user-agent = ""
header = "Accept:"
header = "Content-Type: application/json"
header = "webhook-id: {identifier}"
header = "webhook-timestamp: {timestamp}"
header = "webhook-signature: {signature}"
data-raw = "{body}"
"""


def read_contacts(path, count):
    """The first contacts, numbered from 1, read as they are asked for."""
    with open(path, newline="", encoding="utf-8") as file:
        yield from enumerate(itertools.islice(csv.DictReader(file), count), 1)


def number_of(text):
    return int(text) if text.isdecimal() else float(text)


def render(contact):
    content = {"to": contact["phone"], "email": contact["email"], "text": TEXT % contact["first_name"],
               "city": contact["city"], "score": number_of(contact["score"])}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def quoted(text):
    """Escapes what means something in a quoted value of curl's config file; JSON has no bare line ends."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def write_config(path, arguments, key, first_answer):
    """Returns the number of requests written."""
    number = 0
    with open(path, "w", encoding="utf-8") as config:
        for number, contact in read_contacts(arguments.contacts, arguments.count):
            body, identifier, timestamp = render(contact), f"msg_{number}", int(time.time())
            mac = hmac.digest(key, f"{identifier}.{timestamp}.{body}".encode(), "sha256")
            config.write("next\n" if number > 1 else "")
            config.write(REQUEST.format(
                url=quoted(arguments.url), timeout=TIMEOUT_SECONDS, output=first_answer if number == 1 else os.devnull,
                identifier=identifier, timestamp=timestamp, signature="v1," + base64.b64encode(mac).decode(),
                body=quoted(body)))
    return number


class PeakMemory:
    """A living process's own: what wait4 tells has this program's in it, which started it."""

    def __init__(self, pid):
        self.megabytes = 0
        self.status = pathlib.Path(f"/proc/{pid}/status")
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        with contextlib.suppress(OSError):
            while found := re.search(r"VmHWM:\s+(\d+)", self.status.read_text()):
                self.megabytes = int(found[1]) * 1024 / 1e6
                time.sleep(0.02)


def run_curl(config, in_flight, folder):
    """Returns what curl wrote for each request, the time it ended and its use of the machine."""
    # Immediate: a new connection each rather than waiting whether an open one could carry several at once.
    command = ["curl", "--disable", "--silent", "--no-progress-meter", "--parallel", "--parallel-immediate",
               "--parallel-max", str(in_flight), "--config", str(config)]
    report = folder / "report"
    with open(report, "wb") as output:
        process = subprocess.Popen(command, stdout=output, cwd=folder)
        peak = PeakMemory(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
    ended = time.time()
    process.returncode = os.waitstatus_to_exitcode(status)  # not waited for again
    if process.returncode < 0:
        raise OSError(f"curl ended by signal {-process.returncode}")
    return [line.split() for line in report.read_text().splitlines()], ended, usage, peak.megabytes


def seconds_of(first_answer, answers, ended):
    """The time since the first request began, or None without its answer: curl tells only how long each took."""
    took = next((float(total) for _, total, identifier in answers if identifier == "msg_1"), None)
    if took is None or not first_answer.exists():
        return None
    return round(ended - first_answer.stat().st_mtime + took, 6)


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else None


def deliver(arguments, folder):
    config, first_answer = folder / "requests", folder / "first-answer"
    in_flight = min(arguments.in_flight, MOST_IN_FLIGHT)
    key = base64.b64decode(arguments.secret.removeprefix("whsec_"))
    sent = write_config(config, arguments, key, first_answer)
    answers, ended, usage, megabytes = run_curl(config, in_flight, folder)
    latencies = sorted(int(float(total) * 1e6) for _, total, _ in answers)
    ok = sum(status.startswith("2") for status, _, _ in answers)
    return {"sent": sent, "ok": ok, "failed": sent - ok, "seconds": seconds_of(first_answer, answers, ended),
            "p50_us": percentile(latencies, 50), "p99_us": percentile(latencies, 99),
            "p999_us": percentile(latencies, 99.9), "in_flight": in_flight,
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 6), "memory_mb": round(megabytes, 1)}


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
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(deliver(arguments, pathlib.Path(folder))))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"peer: {error!r}")
