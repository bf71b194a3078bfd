"""aiohttp on uvloop: as many workers as requests are in flight, over one reader of the contacts. See ../README.md."""
import argparse
import asyncio
import base64
import collections
import csv
import gc
import hmac
import itertools
import json
import resource
import sys
import time

import aiohttp
import orjson
import uvloop
import yarl

TEXT = ("Bonjour %s, vos offres vous attendent : moins trente pour cent jusqu'à dimanche soir, en magasin et en "
        "ligne. Présentez ce message en caisse, ou le code AUTOMNE en ligne.")
SKIPPED_HEADERS = ("Accept", "Accept-Encoding", "User-Agent")
TIMEOUT_SECONDS = 30


def read_contacts(path, count):
    """The first contacts, numbered from 1, read as they are asked for."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        place = {name: index for index, name in enumerate(next(rows, []))}
        columns = [place[name] for name in ("phone", "email", "first_name", "city", "score")]
        for number, row in enumerate(itertools.islice(rows, count), 1):
            yield number, [row[column] for column in columns]


def number_of(text):
    return int(text) if text.isdecimal() else float(text)


def render(contact):
    phone, email, first_name, city, score = contact
    return orjson.dumps({"to": phone, "email": email, "text": TEXT % first_name, "city": city,
                         "score": number_of(score)})


class Signer:
    """Makes the headers of a request. The key's two hash blocks are worked out once and copied."""

    def __init__(self, secret):
        self.keyed = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), digestmod="sha256")

    def headers(self, number, body):
        identifier, timestamp = f"msg_{number}", str(int(time.time()))
        mac = self.keyed.copy()
        mac.update(b"%b.%b.%b" % (identifier.encode(), timestamp.encode(), body))
        return {"Content-Type": "application/json", "webhook-id": identifier, "webhook-timestamp": timestamp,
                "webhook-signature": "v1," + base64.b64encode(mac.digest()).decode()}


class Tally:
    def __init__(self):
        self.ok = self.failed = 0
        self.latencies_us = []
        self.errors = collections.Counter()

    def result(self, seconds):
        ordered = sorted(self.latencies_us)
        return {"sent": self.ok + self.failed, "ok": self.ok, "failed": self.failed, "seconds": round(seconds, 6),
                "p50_us": percentile(ordered, 50), "p99_us": percentile(ordered, 99),
                "p999_us": percentile(ordered, 99.9)}


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else None


async def post(session, url, body, headers, errors):
    """Returns whether the answer was 2xx."""
    try:
        response = await session.post(url, data=body, headers=headers, allow_redirects=False)
        await response.read()
        return 200 <= response.status < 300
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        errors[type(error).__name__] += 1
        return False


async def work(session, url, contacts, signer, tally):
    """Sends one request after the other, until the contacts that all workers share are used up."""
    for number, contact in contacts:
        body = render(contact)
        headers = signer.headers(number, body)
        start = time.perf_counter_ns()
        ok = await post(session, url, body, headers, tally.errors)
        tally.latencies_us.append((time.perf_counter_ns() - start) // 1000)
        tally.ok += ok
        tally.failed += not ok


def open_session(in_flight):
    # No more workers than connections: nobody waits in the connector, and each finds a kept connection.
    connector = aiohttp.TCPConnector(limit=in_flight, limit_per_host=in_flight, keepalive_timeout=300,
                                     ttl_dns_cache=None)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
                                 skip_auto_headers=SKIPPED_HEADERS, trust_env=False,
                                 timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS))


async def deliver(arguments):
    contacts = read_contacts(arguments.contacts, arguments.count)
    signer, tally, url = Signer(arguments.secret), Tally(), yarl.URL(arguments.url)
    async with open_session(arguments.in_flight) as session:
        calm_collector()
        start = time.perf_counter()
        await asyncio.gather(*(work(session, url, contacts, signer, tally) for _ in range(arguments.in_flight)))
        result = tally.result(time.perf_counter() - start)
    for name, times in tally.errors.items():
        print(f"peer: {name}: {times}", file=sys.stderr)
    return result


def calm_collector():
    """Keeps the collector off what lives until the end, and from passes over thousands of tasks again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


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
    print(json.dumps(uvloop.run(deliver(arguments))))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"peer: {error!r}")
