"""What the scripts that try the agent as a whole share: running it, reading the receiver's log, and checking.

The names that the agent's command line and JSON use stand here and nowhere else in scripts.
"""
import collections
import csv
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "perf"))
import receiver as receiving  # noqa: E402, F401

LEAD = 4096  # ordinals that may be claimed beyond the in-flight window
OPEN_STATES = ("retryable", "available", "scheduled", "in_flight")
NAME = "trial"
TAG = "vip"
JOB = """\
fanfare: 1
name: {name}
audience:
  import: contacts.csv
  columns: {{First Name: FNAME, Score: {{tag: SCORE, type: number}}}}
  tag: {tag}
webhook:
  url: {url}v2/messages
  headers: {{X-Contact: "*|EMAIL|*"}}
  data: {{to: "*|EMAIL|*", text: "Bonjour *|FNAME|*, vos offres vous attendent.", score: "*|SCORE|*"}}
  signing: {{secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}}
delivery:
  max_in_flight: {in_flight}
  concurrency: {concurrency}
  timeout: 10s
  retries: [{retries}]
  when_uncertain: {when_uncertain}
"""


def make_contacts(folder, count, seed):
    """Writes the contact file and returns the addresses of the recipients."""
    path = folder / "contacts.csv"
    subprocess.run([ROOT / "scripts/make-contacts", str(count), "--tag", f"{TAG}=0.9", "--tag", "other=0.3",
                    "--seed", str(seed), "-o", path], check=True)
    with open(path, newline="", encoding="utf-8") as file:
        return {row["Email Address"] for row in csv.DictReader(file) if f'"{TAG}"' in row["TAGS"]}


def write_job(folder, url, *, in_flight=2000, concurrency="fixed", hold=False,
              retries="1s, 1s, 1s, 1s, 2s, 2s, 2s, 2s"):
    (folder / "job.yaml").write_text(JOB.format(
        name=NAME, tag=TAG, url=url, in_flight=in_flight, concurrency=concurrency, retries=retries,
        when_uncertain="hold" if hold else "resend"))


class Agent:
    """The program under test, in its folder."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.data = folder / "data"
        self.process = None

    def start(self):
        log = open(self.folder / "agent.log", "ab")
        self.process = subprocess.Popen(
            [self.program, "run", "job.yaml", "--data", self.data, "--allow-network", "127.0.0.0/8"],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def running(self):
        return self.process.poll() is None

    def end_with(self, number):
        """Signals it and waits for its end. Returns whether it was still running."""
        was_running = self.running()
        if was_running:
            self.process.send_signal(number)
        self.process.wait(timeout=60)
        return was_running

    def ask(self, *arguments):
        result = subprocess.run([self.program, *arguments, "--data", self.data], cwd=self.folder, text=True,
                                capture_output=True, timeout=300)
        if result.returncode != 0:
            sys.exit(f"fanfare {' '.join(arguments)} ended with {result.returncode}:\n{result.stderr}")
        return result.stdout

    def status(self):
        return json.loads(self.ask("status", NAME, "--json"))

    def deliveries(self, *states):
        choices = [word for state in states for word in ("--state", state)]
        return [json.loads(line) for line in self.ask("deliveries", NAME, *choices, "--format", "jsonl").splitlines()]

    def made(self, pattern):
        return any(self.data.glob(pattern))


class Received:
    """What the receiver's log says."""

    def __init__(self, path):
        self.requests = []  # (sequence, id, contact) in order
        self.times = []     # of the requests, in seconds
        self.answers = {}   # by sequence
        with open(path, encoding="utf-8") as log:
            for line in log:
                kind, sequence, time_us, *rest = line.split()
                if kind == "R":
                    self.requests.append((int(sequence), *rest))
                    self.times.append(int(time_us) / 1e6)
                else:
                    self.answers[int(sequence)] = int(rest[0])
        self.by_id = collections.defaultdict(list)  # sequences
        self.ids_of = collections.defaultdict(set)
        self.contacts_of = collections.defaultdict(set)
        for sequence, identifier, contact in self.requests:
            self.by_id[identifier].append(sequence)
            self.ids_of[contact].add(identifier)
            self.contacts_of[identifier].add(contact)

    def repeats(self, is_expected):
        """Requests that came again although the answer before, None when there was none, gave no reason to."""
        return [identifier for identifier, sequences in self.by_id.items()
                for before in sequences[:-1] if not is_expected(self.answers.get(before))]


class Checks:
    """Prints what holds and what does not, and counts the latter."""

    def __init__(self):
        self.broken = 0

    def that(self, what, places=(), *, holds=None, note=""):
        """A check that holds when no place breaks it, or by its own word."""
        places = list(places)
        good = not places if holds is None else holds
        self.broken += not good
        examples = f": {len(places)}, e.g. {places[:3]}" if places else ""
        print(f"   {'ok  ' if good else 'FAIL'} {what}{note}{examples}")

    def all_settled(self, agent, received, expected):
        """What holds after every run that came to its end. Returns the counts by state."""
        status = agent.status()
        counts = status["counts"]
        print(f"   status: {status['state']}, {counts}")
        self.that("nobody outside the segment got a request", set(received.ids_of) - expected)
        self.that("every contact has one id, every id one contact",
                  [c for c, ids in received.ids_of.items() if len(ids) > 1]
                  + [i for i, contacts in received.contacts_of.items() if len(contacts) > 1])
        self.that("the status adds up", holds=sum(counts.values()) == status["total"] == len(expected))
        self.that("nothing is left open", holds=sum(counts[state] for state in OPEN_STATES) == 0)
        return counts
