"""The clients that a user would write instead: built from the folders of perf/peers, each run for the same job."""
import dataclasses
import json
import pathlib
import subprocess

import fanfare
import measuring

HERE = pathlib.Path(__file__).resolve().parent / "peers"


@dataclasses.dataclass(frozen=True)
class Peer:
    folder: str
    label: str
    most_in_flight: int = 1_000_000

    def packages(self):
        return (HERE / self.folder / "packages").read_text().split()

    def build(self, output):
        """Builds it below a folder. Returns None, or why it cannot be had."""
        program = pathlib.Path(output) / self.folder
        built = measuring.complete([HERE / self.folder / "build", output], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        if built.returncode == 0 and program.exists():
            return None
        lines = [line for line in built.stdout.splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"its build ended with status {built.returncode}"

    def run(self, output, url, contacts, count, in_flight, timeout):
        """Does the job once. Returns a row of figures; raises measuring.Failed."""
        printed, usage = measuring.run(
            [pathlib.Path(output) / self.folder, "--url", url, "--contacts", contacts, "--count", count,
             "--in-flight", in_flight, "--secret", fanfare.SECRET], timeout)
        lines = printed.splitlines()
        if not lines:
            raise measuring.Failed("printed no result")
        result = json.loads(lines[-1])
        cpu = result.get("cpu_seconds") or usage.cpu_seconds
        if result["ok"] == 0 or not result["seconds"]:
            raise measuring.Failed("delivered nothing")
        return {
            "sent": result["sent"], "ok": result["ok"], "seconds": result["seconds"],
            "rate": result["ok"] / result["seconds"], "cpu_us": cpu / result["ok"] * 1e6,
            "megabytes": result.get("memory_mb") or usage.megabytes,
            "p50_us": result["p50_us"], "p99_us": result["p99_us"], "p999_us": result["p999_us"],
        }


# What an expert writes first, then what a team writes.
PEERS = [
    Peer("rust-hyper", "Rust hyper"),
    Peer("go-fasthttp", "Go fasthttp"),
    Peer("go-nethttp", "Go net/http"),
    Peer("curl-parallel", "curl --parallel, signed beforehand", most_in_flight=300),
    Peer("swift-async-http-client", "Swift async-http-client"),
    Peer("python-aiohttp", "Python aiohttp, uvloop"),
    Peer("celery-requests", "Celery, Redis, requests"),
]
