"""A daemon to be tried, what it sends to, and checks: what the scripts that try `fanfare serve` share."""
import collections
import http.server
import json
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import mailchimp_marketing
from mailchimp_marketing.api_client import ApiClientError

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / ".build/release/fanfare" if (ROOT / ".build/release/fanfare").exists() else ROOT / ".build/debug/fanfare"


class Failures:
    """What was not as it should be."""
    count = 0


def check(holds, what):
    if not holds:
        Failures.count += 1
        print(f"NOT SO: {what}")


class Receiver:
    """Answers with its status and keeps the body of each request under its webhook-id."""

    def __init__(self):
        self.status = 200
        self.bodies = collections.defaultdict(list)
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.command == "POST":
                    with receiver.lock:
                        receiver.bodies[self.headers["webhook-id"]].append(body)
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # the daemon was killed in the middle of a request

            request_queue_size = 1024

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def told(self):
        with self.lock:
            return {id: list(bodies) for id, bodies in self.bodies.items()}


class Daemon:
    """The program under test, in its folder."""

    def __init__(self, folder, *options):
        self.folder, self.data, self.options = folder, folder / "data", options
        self.process = self.port = None
        (folder / "contacts.csv").write_text("Email Address,First Name,Last Name\nada@example.com,Ada,Lovelace\n")
        self.run("audience", "import", "contacts.csv", "--name", "customers", "--column", "First Name=FNAME",
                 "--column", "Last Name=LNAME")
        self.key = self.run("key", "create", "--scope", "admin").strip()
        self.view_key = self.run("key", "create", "--scope", "view").strip()
        self.send_key = self.run("key", "create", "--scope", "send").strip()
        self.list = json.loads(self.run("audience", "list", "--json").splitlines()[0])["id"]

    def run(self, *arguments):
        return subprocess.run([PROGRAM, *arguments, "--data", self.data], check=True, cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    def start(self, *options, before=()):
        """Starts it and waits until it listens; `before` are words before the program's name."""
        log = open(self.folder / "daemon.log", "wb")
        self.process = subprocess.Popen(
            [*before, PROGRAM, "serve", "--listen", "0", "--data", self.data, "--allow-network", "127.0.0.0/8",
             *self.options, *options],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            said = (self.folder / "daemon.log").read_text()
            found = re.search(r" at https?://127\.0\.0\.1:(\d+)/3\.0", said)
            if found:
                self.port = int(found[1])
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        sys.exit(f"scripts/test-api: the daemon does not start: {(self.folder / 'daemon.log').read_text()}")

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def client(self, scope="admin"):
        keys = {"admin": self.key, "send": self.send_key, "view": self.view_key}
        client = mailchimp_marketing.Client({"api_key": keys[scope]})
        client.api_client.host = f"http://127.0.0.1:{self.port}/3.0"
        return client


def refused(status, call, title=None):
    try:
        call()
    except ApiClientError as error:
        check(error.status_code == status, f"status {status}, not {error.status_code}: {error.text}")
        check(title is None or json.loads(error.text)["title"] == title, f"the title {title}: {error.text}")
    else:
        check(False, f"a refusal with {status}")


def wait_until(holds, seconds=20):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()
