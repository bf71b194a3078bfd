"""What the figures were measured on."""
import datetime
import os
import pathlib
import platform
import re
import subprocess

import fanfare

VERSIONS = {"wrk": "wrk", "nginx": "nginx-light", "go": "golang-go", "fasthttp": "golang-github-valyala-fasthttp-dev",
            "rustc": "rustc", "hyper": "librust-hyper-dev", "curl": "curl", "redis-server": "redis-server",
            "python": "python3"}


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""


def _debian(package):
    return _output("dpkg-query", "-W", "-f", "${Version}", package)


def _requirements():
    """What the Python peers are pinned to."""
    lines = [line for file in (fanfare.ROOT / "perf/peers").glob("*/requirements.txt")
             for line in file.read_text().split()]
    return dict(line.split("==") for line in sorted(set(lines)) if "==" in line)


def _revision():
    """Of the sources that were measured."""
    commit = _output("git", "-C", fanfare.ROOT, "rev-parse", "--short", "HEAD")
    # What the last run wrote is no source.
    changed = _output("git", "-C", fanfare.ROOT, "status", "--porcelain", "--", "Package.swift", "Sources", "perf",
                      ":!perf/RESULTS.md", ":!perf/results.json", ":!perf/charts")
    return commit and f", commit {commit}" + (" with changes" if changed else "")


def describe():
    """Processor, memory, kernel and versions, for people and for the raw figures."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {
        "date": datetime.date.today().isoformat(),
        "processor": model[1].strip() if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory[1]) / 2 ** 20) if memory else None,
        "kernel": platform.release(),
        "fanfare": _output(fanfare.RELEASE / "fanfare", "--version") + _revision(),
        "swift": (_output("swift", "--version").splitlines() or [""])[0],
        "ledgers_on": _output("findmnt", "-n", "-o", "FSTYPE", "-T", fanfare.ROOT / ".build"),
        "versions": {name: version for name, package in VERSIONS.items() if (version := _debian(package))}
        | _requirements(),
    }
