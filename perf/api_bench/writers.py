"""Writes members over HTTP at a fixed rate, and says when each was due, sent and answered."""
import asyncio
import base64
import hashlib
import time


class Refused(Exception):
    """An answer that is none of 2xx."""


class Writer:
    """One kept connection."""

    def __init__(self, port, key):
        self.port = port
        self.head = ("Host: localhost\r\nAuthorization: Basic "
                     + base64.b64encode(f"x:{key}".encode()).decode() + "\r\nContent-Type: application/json\r\n")
        self.reader = self.writer = None

    async def ask(self, method, path, body=b""):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{self.head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        answer = await self.reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 2"):
            raise Refused(f"{method} {path}: {head[:40]!r} {answer[:300]!r}")
        return answer

    async def put_member(self, list_id, address, fields=""):
        path = f"/3.0/lists/{list_id}/members/{hashlib.md5(address.encode()).hexdigest()}"
        await self.ask("PUT", path, f'{{"email_address":"{address}","status_if_new":"subscribed"{fields}}}'.encode())


async def _at_rate(port, key, list_id, addresses, rate, connections):
    start = time.monotonic() + 0.2
    answered = {}
    left = iter(enumerate(addresses))

    async def work():
        writer = Writer(port, key)
        for index, address in left:
            due = start + index / rate
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            await writer.put_member(list_id, address)
            answered[address] = (due, time.monotonic())
    await asyncio.gather(*(work() for _ in range(connections)))
    return answered


def write_at_rate(port, key, list_id, addresses, rate, connections=64):
    """Adds members at so many a second. Returns for each address when it was due and when it was answered, in seconds
    of the monotonic clock. Latency is counted from the first: what waits behind a late one is late too."""
    return asyncio.run(_at_rate(port, key, list_id, addresses, rate, connections))
