"""Jobs that are handed over to the daemon: their views, orders for them, and deaths in the middle."""
import collections
import http.server
import json
import os
import signal
import subprocess
import threading
import time
import urllib.request

from .serving import PROGRAM, Receiver, check, wait_until

JOB = """\
name: {name}
audience: {{import: people.csv, tag: vip}}
webhook:
  url: {url}
  auth: {{bearer: {{env: HANDOVER_TOKEN}}}}
  data: {{to: "*|EMAIL|*"}}
delivery: {{max_in_flight: 64, rate: {rate}/s}}
"""
TOKEN = "only-the-client-knows"


class Counter:
    """Takes deliveries, and counts them by id and by contact."""

    def __init__(self):
        self.ids, self.contacts = collections.Counter(), collections.Counter()
        self.strangers = 0
        self.lock = threading.Lock()
        counter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with counter.lock:
                    counter.ids[self.headers["webhook-id"]] += 1
                    counter.contacts[body["to"]] += 1
                    counter.strangers += self.headers["Authorization"] != f"Bearer {TOKEN}"
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass  # the daemon was killed in the middle of a request

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/people"

    def total(self):
        with self.lock:
            return sum(self.ids.values())


class Client:
    """`fanfare run JOB` beside the daemon."""

    def __init__(self, daemon, name, url, rate, *options):
        job = daemon.folder / f"{name}.yaml"
        job.write_text(JOB.format(name=name, url=url, rate=rate))
        self.log = daemon.folder / f"{name}.log"
        self.process = subprocess.Popen(
            [PROGRAM, "run", job.name, "--json", "--allow-network", "127.0.0.0/8", "--data", daemon.data, *options],
            cwd=daemon.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(self.log, "w"), text=True,
            env={**os.environ, "HANDOVER_TOKEN": TOKEN})

    def wait(self):
        """Its status, and what it printed."""
        printed, _ = self.process.communicate(timeout=60)
        return self.process.returncode, json.loads(printed) if printed else None

    def said(self):
        return self.log.read_text()


def beside(daemon, *arguments):
    """A command's status, with what the job's environment needs."""
    return subprocess.run([PROGRAM, *arguments, "--allow-network", "127.0.0.0/8", "--data", daemon.data],
                          cwd=daemon.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60,
                          stderr=subprocess.DEVNULL, env={**os.environ, "HANDOVER_TOKEN": TOKEN}).returncode


def status(daemon, name):
    return json.loads(daemon.run("status", name, "--json"))


def through_a_death(daemon, counter, people):
    """One job to its end, over a pause and a kill; the view is one process's throughout."""
    told = Receiver()
    daemon.run("webhook", "create", "customers", told.url, "--allow-network", "127.0.0.0/8")
    daemon.start()
    client = Client(daemon, "handed", counter.url, people // 2)
    check(wait_until(lambda: counter.total() > people // 10), f"the job is handed over: {client.said()}")
    live = status(daemon, "handed")["live"]
    check(live["state"] == "sending" and live["in_flight"] >= 0, f"its status is live: {live}")
    text = urllib.request.urlopen(f"http://127.0.0.1:{daemon.port}/metrics").read().decode()
    check('fanfare_in_flight{fanout="handed",run="1"}' in text, "its lane is among the metrics")
    began = time.monotonic()
    daemon.client().lists.add_list_member(daemon.list, {"email_address": "during@x.org", "status": "subscribed"})
    check(wait_until(lambda: told.told()), "a webhook is told meanwhile")
    check(time.monotonic() - began < 2, f"and soon: {time.monotonic() - began:.2f} s")
    daemon.run("pause", "handed")
    time.sleep(0.3)
    before = counter.total()
    time.sleep(0.5)
    check(counter.total() == before, "a pause reaches it")
    daemon.end(signal.SIGKILL)
    daemon.start()
    time.sleep(0.5)
    check(counter.total() == before, "and holds over a kill")
    daemon.run("resume", "handed")
    wait_until(lambda: counter.total() > before + people // 10)
    daemon.end(signal.SIGKILL)
    daemon.start()
    # The third start after deaths sends nothing unasked.
    daemon.run("webhook", "resume")
    code, result = client.wait()
    check(code == 0, f"the view ends with 0: {code}, {client.said()}")
    check(result["counts"]["delivered"] == result["total"] == people, f"all are delivered: {result}")
    check(len(counter.ids) == len(counter.contacts) == people, f"each has one id: {len(counter.ids)}")
    check(counter.total() - people <= 2 * (64 + 4096), f"repeats are bounded: {counter.total() - people}")
    check(counter.strangers == 0, "what only the client's environment has reaches the receiver, also after deaths")
    code, _ = Client(daemon, "handed", counter.url, people // 2).wait()
    check(code == 2, f"what has ended is not sent again: {code}")


def through_two_at_once(daemon, counter):
    """Two jobs beside each other, of which each has its own orders and its own end."""
    counter.ids.clear()
    clients = [Client(daemon, name, counter.url, 1000, "--max-rejects", "0") for name in ("first", "second")]
    check(wait_until(lambda: counter.total() > 100), "both are handed over")
    daemon.run("pause", "first")
    code, result = clients[1].wait()
    check(code == 0 and result["counts"]["delivered"] == result["total"], f"one ends: {code}, {clients[1].said()}")
    check(clients[0].process.poll() is None, "and the other stands still")
    daemon.run("resume", "first")
    code, result = clients[0].wait()
    check(code == 0 and result["counts"]["delivered"] == result["total"], f"until it goes on: {code}")


def through_leaving(daemon, counter, people):
    """Views that are left, orders, and an end in good order."""
    counter.ids.clear()
    client = Client(daemon, "left", counter.url, people // 3)
    check(wait_until(lambda: counter.total() > 0), f"it sends: {client.said()}")
    client.process.send_signal(signal.SIGINT)
    code, _ = client.wait()
    check(code == 130 and "goes on in fanfare serve" in client.said(), f"Ctrl-C leaves it: {code}, {client.said()}")
    again = Client(daemon, "left", counter.url, people // 3)
    check(wait_until(lambda: "under way" in again.said()), f"the same command shows it again: {again.said()}")
    check(daemon.end() == 0, "SIGTERM drains it")
    seen = counter.total()
    check(0 < seen < people, f"in the middle: {seen}")
    code, _ = again.wait()
    check(code == 130 and "at its next start" in again.said(), f"and whoever shows it hears of that: {again.said()}")
    daemon.start()
    check(wait_until(lambda: status(daemon, "left")["state"] == "ended", 30), "the next start goes on with it")
    result = status(daemon, "left")
    check(result["counts"]["delivered"] == people, f"to its end: {code}, {result}")
    check(counter.total() == people, f"an orderly end repeats nothing: {counter.total()}")
    client = Client(daemon, "unwanted", counter.url, 50)
    check(wait_until(lambda: counter.total() > people), f"a third one sends: {client.said()}")
    daemon.run("cancel", "unwanted")
    code, result = client.wait()
    check(code == 4 and result["counts"]["cancelled"] > 0, f"cancel ends it with 4: {code}, {result}")
    check(sum(result["counts"].values()) == people, f"and its counts add up: {result}")
    code = beside(daemon, "deliveries", "resend", "left", "--contact", "p7@example.com", "--yes")
    check(code == 0 and max(counter.ids.values()) == 2, f"one is sent once more, with its id: {code}")
    contacts = [json.loads(line)["email"] for line in
                daemon.run("deliveries", "unwanted", "--state", "cancelled", "--limit", "1", "--format", "jsonl").splitlines()]
    code = beside(daemon, "retry", "unwanted", "--cancelled", "--contact", contacts[0])
    check(code == 0, f"and one that was cancelled is sent after all: {code}")
    check(status(daemon, "unwanted")["counts"]["cancelled"] == result["counts"]["cancelled"] - 1, "one alone")
    check(daemon.end() == 0, "SIGTERM ends it with 0")


def through_orders(daemon, people):
    """Webhooks that are made and tried beside the daemon, and a contact file that it reads while members are written."""
    daemon.start()
    told = Receiver()
    made = json.loads(daemon.run("webhook", "create", "customers", told.url, "--event", "subscribe", "--json"))
    check(made["secret"].startswith("whsec_"), f"a webhook is made: {made}")
    daemon.run("webhook", "test", made["id"])
    ids = list(told.told())
    check(len(ids) == 1 and ids[0].startswith("msg_test_"), f"and tried: {ids}")
    rows = "".join(f"more{number}@example.com\n" for number in range(people))
    (daemon.folder / "more.csv").write_text("Email Address\n" + rows)
    command = subprocess.Popen(
        [PROGRAM, "audience", "import", "more.csv", "--name", "customers", "--fire-webhooks", "--json", "--data", daemon.data],
        cwd=daemon.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lists, written = daemon.client().lists, 0
    while command.poll() is None and written < 50:
        lists.add_list_member(daemon.list, {"email_address": f"beside{written}@x.org", "status": "subscribed"})
        written += 1
    printed, errors = command.communicate(timeout=60)
    check(command.returncode == 0 and json.loads(printed)["created"] == people, f"a file is imported: {printed}{errors}")
    check(wait_until(lambda: len(told.told()) == 1 + people + written, 60), f"all are told of: {len(told.told())}")
    daemon.run("webhook", "delete", made["id"])
    check(daemon.end() == 0, "SIGTERM ends it with 0")


def through_handover(daemon, people=2000):
    rows = "".join(f"p{number}@example.com,vip\n" for number in range(people))
    (daemon.folder / "people.csv").write_text("Email Address,TAGS\n" + rows)
    counter = Counter()
    through_a_death(daemon, counter, people)
    through_two_at_once(daemon, counter)
    through_leaving(daemon, counter, people)
    through_orders(daemon, people)
    print(f"{people:,} deliveries handed over, through two kills and an orderly end")
