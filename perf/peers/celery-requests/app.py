"""The Celery application: its task sends one request. The worker adds up what it did in Redis; see peer.py."""
import array
import base64
import gc
import hmac
import json
import os
import threading
import time

import celery
import redis
import requests
from celery.signals import worker_ready

TEXT = ("Bonjour %s, vos offres vous attendent : moins trente pour cent jusqu'à dimanche soir, en magasin et en "
        "ligne. Présentez ce message en caisse, ou le code AUTOMNE en ligne.")
TIMEOUT_SECONDS = 30
FLUSH_SECONDS = 0.05
SOCKET, URL, SECRET = (os.environ.get(name, "") for name in ("PEER_SOCKET", "PEER_URL", "PEER_SECRET"))
IN_FLIGHT = int(os.environ.get("PEER_IN_FLIGHT", "1"))
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))

app = celery.Celery("peer", broker=f"redis+socket://{SOCKET}")
app.conf.update(
    task_ignore_result=True, task_acks_late=False, task_default_delivery_mode="transient", task_default_queue="sends",
    worker_prefetch_multiplier=1,  # as many as there are threads: a larger reserve measured no faster
    worker_disable_rate_limits=True, worker_enable_remote_control=False, worker_send_task_events=False,
    worker_hijack_root_logger=False, broker_connection_retry_on_startup=False)


def open_session():
    session = requests.Session()
    session.trust_env = False  # else each request looks for proxies and a netrc
    session.headers.clear()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=IN_FLIGHT, max_retries=0))
    return session


class Tally:
    """What the worker's threads did since the last flush."""

    def __init__(self):
        self.lock = threading.Lock()
        self.clear()

    def clear(self):
        self.ok = self.failed = 0
        self.latencies_us = array.array("I")
        self.last_answer = 0.0

    def add(self, start, ok):
        with self.lock:
            self.last_answer = time.monotonic()
            self.latencies_us.append(int((self.last_answer - start) * 1e6))
            self.ok += ok
            self.failed += not ok

    def flush(self, client):
        with self.lock:
            ok, failed, latencies, last_answer = self.ok, self.failed, self.latencies_us, self.last_answer
            self.clear()
        if not latencies:
            return
        with client.pipeline() as pipeline:  # a transaction: "done" never counts more than the rest
            pipeline.incrby("ok", ok).append("latencies", latencies.tobytes())
            pipeline.set("last-answer", repr(last_answer)).incrby("done", ok + failed).execute()


session, tally, keyed = open_session(), Tally(), hmac.new(KEY, digestmod="sha256")


def number_of(text):
    return int(text) if text.isdecimal() else float(text)


def render(contact):
    content = {"to": contact["phone"], "email": contact["email"], "text": TEXT % contact["first_name"],
               "city": contact["city"], "score": number_of(contact["score"])}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(number, body):
    identifier, timestamp = f"msg_{number}", str(int(time.time()))
    mac = keyed.copy()
    mac.update(b"%b.%b.%b" % (identifier.encode(), timestamp.encode(), body))
    return {"Content-Type": "application/json", "webhook-id": identifier, "webhook-timestamp": timestamp,
            "webhook-signature": "v1," + base64.b64encode(mac.digest()).decode()}


@app.task(name="send")
def send(number, contact):
    body = render(contact)
    headers = headers_of(number, body)
    start, ok = time.monotonic(), False
    try:
        answer = session.post(URL, data=body, headers=headers, allow_redirects=False, timeout=TIMEOUT_SECONDS)
        ok = 200 <= answer.status_code < 300
    except requests.RequestException:
        pass
    tally.add(start, ok)


def flush_for_ever(client):
    while True:
        tally.flush(client)
        time.sleep(FLUSH_SECONDS)


@worker_ready.connect
def start_flushing(**_):
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    client = redis.Redis(unix_socket_path=SOCKET)
    client.set("ready", 1)
    threading.Thread(target=flush_for_ever, args=(client,), daemon=True).start()
