"""HTTPS in front of the receiver: nginx on the receiver's core, over HTTP/1.1 and HTTP/2."""
import pathlib
import socket
import subprocess
import time

CONF = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.err;
worker_rlimit_nofile 65536;
events {{ worker_connections 32768; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/receiver.pem;
    ssl_certificate_key {folder}/receiver.key;
    keepalive_requests 1000000;
    upstream receiver {{ server 127.0.0.1:{behind}; keepalive 512; keepalive_requests 1000000; }}
    server {{
        listen 127.0.0.1:{port} {http2} backlog=8192;
        location / {{ {answer} }}
    }}
}}
"""
ANSWERS = {
    "at once": 'return 200 "ok\\n";',
    "by the receiver": 'proxy_pass http://receiver; proxy_http_version 1.1; proxy_set_header Connection "";',
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Nginx:
    """A running nginx; `behind` is the port of the receiver that it asks, 0: it answers by itself."""

    def __init__(self, folder, core, http2=False, behind=0):
        self.folder = pathlib.Path(folder)
        self.authority = self.folder / "receiver.pem"
        if not self.authority.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1",
                            "-keyout", self.folder / "receiver.key", "-out", self.authority],
                           check=True, stderr=subprocess.DEVNULL)
        port = free_port()
        self.url = f"https://127.0.0.1:{port}/"
        conf = self.folder / "nginx.conf"
        conf.write_text(CONF.format(folder=self.folder, port=port, behind=behind or port,
                                    http2="ssl http2" if http2 else "ssl",
                                    answer=ANSWERS["by the receiver" if behind else "at once"]))
        # It ends with this program, whatever ends that.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "taskset", "-c", str(core),
                                         "/usr/sbin/nginx", "-e", self.folder / "nginx.err", "-c", conf],
                                        stderr=subprocess.DEVNULL)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.01)
        self.process.kill()
        raise RuntimeError("nginx does not listen: " + (self.folder / "nginx.err").read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
