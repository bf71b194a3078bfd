"""Starts and asks the receiver of receiver.c; for the scripts of perf and for scripts/kill-test."""
import json
import pathlib
import subprocess
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent


def build(folder, verifies=False):
    """Compiles the receiver into a folder and returns its path. One that can verify signatures needs libssl-dev."""
    program = pathlib.Path(folder) / "receiver"
    verifying = ["-DVERIFIES", "-lcrypto"] if verifies else []
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, HERE / "receiver.c", *verifying], check=True)
    return program


class Receiver:
    """A running receiver; use it in a with statement, which ends it."""

    def __init__(self, program, *options, core=None):
        pin = [] if core is None else ["taskset", "-c", str(core)]
        # It ends with this program, whatever ends that.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *pin, program, *map(str, options)],
                                        stdout=subprocess.PIPE, text=True)
        self.ports = [int(port) for port in self.process.stdout.readline().split()]
        if not self.ports:
            raise RuntimeError("the receiver did not start")
        self.port = self.ports[0]
        self.url = f"http://127.0.0.1:{self.port}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Lets it write its log out and end."""
        if self.process.poll() is None:
            self.process.terminate()
        if self.process.wait(timeout=30) != 0:
            raise RuntimeError("the receiver ended with an error")

    def _get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return answer.read()

    def stats(self):
        """Its counts; see receiver.c for the keys."""
        return json.loads(self._get("stats"))

    def reset(self):
        """Sets its counts to zero."""
        self._get("reset")

    def set(self, **settings):
        """Changes its behaviour; see receiver.c for the keys."""
        self._get("set?" + "&".join(f"{key}={value}" for key, value in settings.items()))
