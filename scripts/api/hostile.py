"""Slow and hostile clients over bare sockets, and TLS, keys, proxies, the log and the audit trail of the daemon."""
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import threading
import time

from .serving import PROGRAM, check, wait_until


def connect(daemon, source=None):
    peer = socket.socket()
    if source:
        peer.bind((source, 0))
    peer.settimeout(20)
    peer.connect(("127.0.0.1", daemon.port))
    return peer


def read_all(peer):
    """What comes until the other end closes."""
    text = b""
    try:
        while piece := peer.recv(65536):
            text += piece
    except (ConnectionResetError, BrokenPipeError):
        pass
    return text


def exchange(daemon, request, shuts=False):
    """The statuses of the answers to raw bytes."""
    with connect(daemon) as peer:
        try:
            peer.sendall(request)
            if shuts:
                peer.shutdown(socket.SHUT_WR)
        except (ConnectionResetError, BrokenPipeError):
            pass
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", read_all(peer))]


class SlowClients:
    """Clients that never finish what they begin, watched from a thread each."""

    def __init__(self, daemon):
        self.ended = {}
        self.threads = []
        for name, begin, drip in (("silent", b"", b""), ("head", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX", b"x")):
            thread = threading.Thread(target=self.work, args=(daemon, name, begin, drip), daemon=True)
            thread.start()
            self.threads.append(thread)

    def work(self, daemon, name, begin, drip):
        began, text = time.monotonic(), b""
        with connect(daemon) as peer:
            peer.settimeout(1)
            try:
                peer.sendall(begin)
                while time.monotonic() < began + 20:
                    try:
                        piece = peer.recv(1000)
                        if not piece:
                            break
                        text += piece
                    except TimeoutError:
                        peer.sendall(drip)
            except OSError:
                pass
        self.ended[name] = (time.monotonic() - began, text)

    def check(self):
        for thread in self.threads:
            thread.join()
        for name, (took, _) in self.ended.items():
            check(8 <= took <= 14, f"a client is dropped after ten seconds, {name}: {took:.1f} s")


def bare_sockets(daemon):
    head = f"Host: x\r\nAuthorization: Bearer {daemon.key}\r\n".encode()
    close = b"Connection: close\r\n"

    def get(path, more=b""):
        return b"GET " + path + b" HTTP/1.1\r\n" + head + more + close + b"\r\n"

    ping = get(b"/3.0/ping")
    check(exchange(daemon, ping) == [200], "a bare request")
    check(exchange(daemon, ping, shuts=True) == [200], "a client that closes its half is answered")
    body = b"POST /3.0/lists/" + daemon.list.encode() + b"/members HTTP/1.1\r\n" + head
    cut = exchange(daemon, body + b"Content-Length: 100\r\n\r\n{", shuts=True)
    check(cut in ([], [400]), f"half a body, then nothing more: {cut}")
    check(exchange(daemon, body + b"Content-Length: 9000000\r\n" + close + b"\r\n{") == [413], "413 before 9 MB are sent")
    deep = b'{"a":' * 33 + b"1" + b"}" * 33
    deep = body + b"Content-Length: %d\r\n" % len(deep) + close + b"\r\n" + deep
    check(exchange(daemon, deep) == [400], "33 levels")
    pipelined = get(b"/3.0/ping").replace(close, b"") * 2 + ping
    check(exchange(daemon, pipelined) == [200] * 3, "three requests at once")
    for name, request in {
        "a field of 20 kB": get(b"/3.0/ping", b"X: " + b"x" * 20_000 + b"\r\n"),
        "fields of 40 kB": get(b"/3.0/ping", b"".join(b"X%d: %s\r\n" % (n, b"x" * 1000) for n in range(40))),
        "150 fields": get(b"/3.0/ping", b"".join(b"X%d: x\r\n" % n for n in range(150))),
        "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        "two lengths": body + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        "a length and chunks": body + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a negative length": body + b"Content-Length: -1\r\n\r\n{}",
        "a chunk of no size": body + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    }.items():
        statuses = exchange(daemon, request, shuts=True)
        check(statuses in ([], [400], [413], [431]), f"{name} is refused: {statuses}")
    for path in (b"/3.0/lists/../../../etc/passwd", b"/3.0/%2e%2e/%2e%2e/etc/passwd", b"/3.0/lists/..%5c..%5cx",
                 b"//etc/passwd", b"/3.0/lists/%c0%ae%c0%ae/x", b"/3.0/lists/" + b"a/" * 500, b"/..;/metrics"):
        check(exchange(daemon, get(path)) == [404], f"{path[:40]}: {exchange(daemon, get(path))}")
    check(exchange(daemon, ping) == [200], "all is served as before")


def crowd(daemon):
    """One address cannot take all connections."""
    peers = [connect(daemon) for _ in range(560)]
    try:
        time.sleep(0.5)
        closed = 0
        for peer in peers:
            peer.setblocking(False)
            try:
                closed += peer.recv(1) == b""
            except BlockingIOError:
                pass
            except OSError:
                closed += 1
        check(40 <= closed <= 60, f"one address has 512 connections: {closed} of 560 are closed")
        with connect(daemon, "127.0.0.2") as other:
            other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            check(b" 200 " in read_all(other), "another address is served")
    finally:
        for peer in peers:
            peer.close()


def ask(daemon, path="/3.0/ping", key=None, method="GET", body=None, headers=None, context=None):
    kind = http.client.HTTPSConnection if context else http.client.HTTPConnection
    connection = kind("127.0.0.1", daemon.port, timeout=20, **({"context": context} if context else {}))
    try:
        connection.request(method, path, body, {"Authorization": f"Bearer {key or daemon.key}", **(headers or {})})
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def keys_and_trail(daemon):
    """Keys are made and revoked while it serves; the trail and the log say who did what, and nothing else."""
    key = daemon.run("key", "create", "--scope", "send", "--name", "live").strip()
    check(ask(daemon, key=key).status == 200, "a key made meanwhile is good at once")
    ids = {line["name"]: line["id"] for line in map(json.loads, daemon.run("key", "list", "--json").splitlines())}
    secret = json.dumps({"email_address": "secret.person@example.com", "status": "subscribed"})
    answer = ask(daemon, f"/3.0/lists/{daemon.list}/members?fields=id", key, "POST", secret)
    check(answer.status == 200 and re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"]), "each answer has an id")
    daemon.run("audience", "tag", "customers", "ada@example.com", "seen")
    daemon.run("key", "revoke", ids["live"])
    check(ask(daemon, key=key).status == 401, "a revoked one is of no use at once")
    wanted = [(ids["live"], "POST /3.0/lists/{list_id}/members", f"list {daemon.list}", "200"),
              ("command line", "contact tag", "audience customers", "done"),
              ("command line", "revoke_key", f"key {ids['live']}", "done")]

    def trail():
        lines = map(json.loads, daemon.run("audit", "--json").splitlines())
        return [(line["by"], line["action"], line["object"], line["result"]) for line in lines]
    check(wait_until(lambda: all(entry in trail() for entry in wanted)), f"the trail has all: {trail()}")
    check("@" not in daemon.run("audit"), "and no address")
    lines = [json.loads(line) for line in (daemon.folder / "daemon.log").read_text().splitlines()]
    mine = [line for line in lines if line.get("request_id") == answer.headers["X-Request-Id"]]
    check(len(mine) == 1 and mine[0]["route"] == "/3.0/lists/{list_id}/members" and mine[0]["key"] == ids["live"]
          and str(mine[0]["status"]) == "200", f"the log has a line for it: {mine}")
    text = (daemon.folder / "daemon.log").read_text()
    check("secret" not in text and "fields=id" not in text and key not in text, "without address, query and key")


def behind_a_proxy(daemon):
    daemon.start("--behind-proxy")

    def guess(forwarded):
        return ask(daemon, key="0" * 32 + "-us1", headers={"X-Forwarded-For": forwarded}).status
    statuses = [guess("198.51.100.1, 203.0.113.9") for _ in range(21)]
    check(statuses == [401] * 20 + [429], f"failures count by the last address: {statuses}")
    check(guess("203.0.113.9, 203.0.113.8") == 401, "and no other has to wait")
    check(daemon.end() == 0, "SIGTERM ends it with 0")


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / f"{name}.pem", folder / f"{name}.key"


def over_tls(daemon):
    one, two = make_certificate(daemon.folder, "one"), make_certificate(daemon.folder, "two")
    (daemon.folder / "empty.pem").write_text("nothing\n")

    def refusal(*options):
        result = subprocess.run([PROGRAM, "serve", "--data", daemon.data, *options], cwd=daemon.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
        check(result.returncode == 2, f"{options}: {result.returncode}")
        return result.stdout
    check("go together" in refusal("--tls-certificate", one[0]), "a key is missing")
    check("cannot be read" in refusal("--tls-certificate", "none.pem", "--tls-key", one[1]), "a file is missing")
    check("holds no certificate" in refusal("--tls-certificate", "empty.pem", "--tls-key", one[1]), "no certificate")
    check("holds no private key" in refusal("--tls-certificate", one[0], "--tls-key", "empty.pem"), "no key")
    check("is not the key of" in refusal("--tls-certificate", one[0], "--tls-key", two[1]), "another's key")
    check("is not loopback" in refusal("--listen", "0.0.0.0:0"), "no certificate on all addresses")
    daemon.start("--tls-certificate", one[0], "--tls-key", one[1])

    def trusts(certificate):
        try:
            return ask(daemon, context=ssl.create_default_context(cafile=certificate)).status == 200
        except ssl.SSLError:
            return False
    check(trusts(one[0]) and not trusts(two[0]), "it speaks TLS with its certificate")
    with connect(daemon) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        check(b"200 OK" not in read_all(plain), "and not in the clear")
    for kind in range(2):
        os.replace(two[kind], one[kind])
    check(wait_until(lambda: trusts(one[0])), "a certificate that was replaced is read again")
    check(daemon.end() == 0, "SIGTERM ends it with 0")


def full_disk(daemon):
    """A disk that fills refuses with 507, and nothing is half-written."""
    mount = pathlib.Path(daemon.folder) / "small"
    mount.mkdir()
    if os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        return print("not root: no full disk is tried")
    script = f"mount -t tmpfs -o size=24m none {mount} && cp -r {daemon.data} {mount}/data && exec \"$@\""
    home, daemon.data = daemon.data, mount / "data"
    daemon.start(before=["unshare", "-m", "sh", "-c", script, "sh"])
    ballast = pathlib.Path(f"/proc/{daemon.process.pid}/root{mount}/ballast")
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
    statuses, size = [], 0

    def put(number):
        address = f"full{number}@x.org"
        body = json.dumps({"email_address": address, "status_if_new": "subscribed",
                           "merge_fields": {"FNAME": "x" * 200}})
        return ask(daemon, f"/3.0/lists/{daemon.list}/members/{address}", method="PUT", body=body).status
    for number in range(300):
        statuses.append(put(number))
        size += statuses[-1] == 200
        if statuses[-1] == 507:
            break
    check(statuses[-1] == 507 and set(statuses) <= {200, 507}, f"a full disk is told: {statuses[-3:]}")
    check(ask(daemon, "/3.0/ping").status == 200, "what only reads is served")
    ballast.unlink()
    check(wait_until(lambda: put(number) == 200), "with room again the same is taken")
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=20)
    connection.request("GET", f"/3.0/lists/{daemon.list}/members?count=0", headers={
        "Authorization": f"Bearer {daemon.key}"})
    total = json.loads(connection.getresponse().read())["total_items"]
    check(total >= size + 1, f"what was taken is there: {total} of {size + 1}")
    check(daemon.end() == 0, "SIGTERM ends it with 0")
    daemon.data = home


def through_hostility(daemon, meanwhile):
    """`meanwhile` is what else is to be tried while slow clients are waited for."""
    daemon.start("--log-level", "info", "--log-format", "json")
    slow = SlowClients(daemon)
    bare_sockets(daemon)
    keys_and_trail(daemon)
    meanwhile()
    slow.check()
    crowd(daemon)
    check(daemon.end() == 0, "SIGTERM ends it with 0")
    behind_a_proxy(daemon)
    over_tls(daemon)
    full_disk(daemon)
