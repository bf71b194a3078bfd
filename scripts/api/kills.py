"""Deaths of the daemon while members are written."""
import base64
import collections
import hashlib
import http.client
import json
import signal
import threading
import time
import urllib.parse

from .serving import Receiver, check, wait_until


class Writers:
    """Connections that add members, and remember which were acknowledged."""

    def __init__(self, daemon, writes, count=8):
        self.daemon, self.acknowledged, self.lock = daemon, set(), threading.Lock()
        self.left = iter(range(writes))
        self.threads = [threading.Thread(target=self.work) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def next(self):
        with self.lock:
            return next(self.left, None)

    def work(self):
        headers = {"Authorization": "Basic " + base64.b64encode(f"x:{self.daemon.key}".encode()).decode(),
                   "Content-Type": "application/json"}
        connection, number = None, self.next()
        while number is not None:
            address = f"w{number}@example.com"
            body = json.dumps({"email_address": address, "status_if_new": "subscribed"})
            path = f"/3.0/lists/{self.daemon.list}/members/{hashlib.md5(address.encode()).hexdigest()}"
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=20)
                connection.request("PUT", path, body, headers)
                response = connection.getresponse()
                response.read()
                if response.status == 200:
                    with self.lock:
                        self.acknowledged.add(address)
                    number = self.next()
                else:
                    time.sleep(0.02)
            except (OSError, http.client.HTTPException):
                connection = None
                time.sleep(0.02)

    def done(self):
        return not any(thread.is_alive() for thread in self.threads)


def through_kills(daemon, writes, kills, chance):
    receiver = Receiver()
    daemon.run("webhook", "create", "customers", receiver.url, "--allow-network", "127.0.0.0/8")
    daemon.start()
    before = time.monotonic()
    writers = Writers(daemon, writes)
    for _ in range(kills):
        time.sleep(chance.uniform(0.1, 0.8))
        daemon.end(signal.SIGKILL)
        daemon.start()
        # Starts after deaths in a row begin paused.
        daemon.run("webhook", "resume")
    while not writers.done():
        time.sleep(0.05)
    took = time.monotonic() - before
    expected = writers.acknowledged
    check(len(expected) == writes, f"every write is acknowledged in the end: {len(expected)}")

    def subscribed(told):
        bodies = [urllib.parse.parse_qs(body[0].decode()) for body in told.values()]
        return collections.Counter(body["data[email]"][0] for body in bodies if body["type"] == ["subscribe"])
    wait_until(lambda: len(receiver.told()) >= writes, 60)
    told = receiver.told()
    addresses = subscribed(told)
    check(set(addresses) == expected, f"told of {len(addresses)} of {len(expected)}")
    check(max(addresses.values()) == 1, "no change was told under two ids")
    check(all(len(set(bodies)) == 1 for bodies in told.values()), "no id came with two bodies")
    repeats = sum(len(bodies) - 1 for bodies in told.values())
    check(daemon.end() == 0, "SIGTERM ends it with 0")
    print(f"{writes:,} writes and {kills} kills in {took:.1f} s: {len(told):,} webhooks, {repeats:,} repeats")
