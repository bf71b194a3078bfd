#!/usr/bin/env python3
"""A receiver of audience webhooks that notes when each came: one process, one core.

  receiver.py

Listens on one free port of every loopback address and says which. Reads commands from standard input: "turn bad" has
the addresses 127.0.8.* take requests and never answer, and 127.0.9.* complete no connection any more; "report" writes
what came since the last one, a line each (nanoseconds of the monotonic clock, address, e-mail), then an empty line.
"""
import asyncio
import re
import socket
import sys
import time
import urllib.parse

SILENT, CLOSED = "127.0.8.", "127.0.9."
EMAIL = re.compile(rb"&data%5Bemail%5D=([^&]*)")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    def __init__(self):
        self.came = []
        self.is_bad = False
        self.closed_listeners = []
        self.connections = set()
        self.fillers = []

    async def listen(self):
        loop = asyncio.get_running_loop()
        wide = self.socket("0.0.0.0", 0, 4096)
        port = wide.getsockname()[1]
        await loop.create_server(lambda: Connection(self), sock=wide)
        # One that is bound to an address of its own goes before the wide one.
        for last in range(1, 26):
            own = self.socket(f"{CLOSED}{last}", port, 16)
            self.closed_listeners.append((await loop.create_server(lambda: Connection(self), sock=own), last))
        print(port, flush=True)
        return port

    @staticmethod
    def socket(address, port, backlog):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((address, port))
        made.listen(backlog)
        return made

    def turn_bad(self, port):
        self.is_bad = True
        for server, last in self.closed_listeners:
            server.close()
        for connection in list(self.connections):
            if connection.address.startswith((SILENT, CLOSED)):
                connection.transport.abort()
        for _, last in self.closed_listeners:
            # Nobody accepts, and whoever waits in the queue is one too many already.
            listener = self.socket(f"{CLOSED}{last}", port, 0)
            self.fillers.append(listener)
            for _ in range(3):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex((f"{CLOSED}{last}", port))
                self.fillers.append(filler)

    def report(self):
        lines = [f"{at} {address} {urllib.parse.unquote_plus(email.decode())}" for at, address, email in self.came]
        self.came = []
        print("\n".join(lines) + "\n" if lines else "", flush=True)


class Connection(asyncio.Protocol):
    def __init__(self, receiver):
        self.receiver, self.buffer = receiver, b""

    def connection_made(self, transport):
        self.transport, self.address = transport, transport.get_extra_info("sockname")[0]
        self.receiver.connections.add(self)

    def connection_lost(self, _):
        self.receiver.connections.discard(self)

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4:end + 4 + length]
            self.buffer = self.buffer[end + 4 + length:]
            if self.receiver.is_bad and self.address.startswith((SILENT, CLOSED)):
                continue
            found = EMAIL.search(body)
            if found:
                self.receiver.came.append((time.monotonic_ns(), self.address, found[1]))
            self.transport.write(ANSWER)


async def main():
    receiver = Receiver()
    port = await receiver.listen()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while command := (await reader.readline()).strip():
        if command == b"turn bad":
            receiver.turn_bad(port)
        elif command == b"report":
            receiver.report()


asyncio.run(main())
