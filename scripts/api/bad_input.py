"""What no client sends on purpose."""
import hashlib
import http.client
import json
import socket

from .serving import check


def half(daemon):
    """What is answered to a client that says more than it sends."""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as peer:
        peer.sendall(f"POST /3.0/lists/{daemon.list}/members HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
                     f"Authorization: Bearer {daemon.key}\r\n\r\n{{".encode())
        peer.shutdown(socket.SHUT_WR)
        return peer.recv(4096)


def heads(daemon):
    """An answer to HEAD has no body: what follows on the connection is the next answer."""
    for path in ("/3.0/ping", "/3.0/nowhere", "/v1/webhooks", "/healthz", "/metrics"):
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as peer:
            key = f"Host: localhost\r\nAuthorization: Bearer {daemon.key}\r\n"
            peer.sendall(f"HEAD {path} HTTP/1.1\r\n{key}\r\nGET /healthz HTTP/1.1\r\n{key}Connection: close\r\n\r\n".encode())
            text = b""
            while part := peer.recv(65536):
                text += part
        head, rest = text.split(b"\r\n\r\n", 1)
        status = b"404" if path == "/3.0/nowhere" else b"200"
        check(head.startswith(b"HTTP/1.1 " + status) and b"ontent-" in head, f"HEAD {path} is answered as GET: {head}")
        check(rest.startswith(b"HTTP/1.1 200 OK"), f"HEAD {path} has no body: {rest[:80]}")


def methods(ask, list, ada):
    """A method that a resource does not have is refused with those that it has; a POST may stand for another."""
    for path, allowed in (("/3.0/ping", "GET"), ("/3.0/lists", "GET, POST"), (ada, "DELETE, GET, PATCH, PUT"),
                          ("/3.0/campaigns/0123456789", "GET"), ("/3.0/batches", "GET, POST")):
        check(ask("PUT" if path != ada else "POST", path) == f"405: {allowed}", f"{path}: {ask('PUT', path)}")
    for path in ("/3.0/automations/1/actions/start-all-emails", "/3.0/nowhere", "/3.0"):
        check(ask("POST", path) in (404, "405: GET"), f"POST {path}: {ask('POST', path)}")
    override = lambda method: {"X-HTTP-Method-Override": method}
    check(ask("POST", ada, b'{"vip": true}', headers=override("PATCH")) == 200, "a POST stands for a PATCH")
    check(ask("POST", ada, headers=override("get")) == 200, "and for a GET")
    check(ask("POST", ada, headers=override("TRACE")) == 422, "not for a TRACE")
    check(ask("GET", ada, headers=override("DELETE")) == 422, "and no GET for a DELETE")
    for name, status in (("APIKeyMissing", 401), ("ResourceNotFound", 404), ("TooManyRequests", 429), ("Nothing", 400)):
        check(ask("GET", ada, headers={"X-Trigger-Error": name}) == status, f"an error that is asked for: {name}")
    check(ask("DELETE", ada, headers={"X-Trigger-Error": "BadRequest"}) == 400 and ask("GET", ada) == 200,
          "and nothing else is done")
    check(ask("POST", list + "/merge-fields", b'{"name": "N", "type": "number", "display_order": 1.5}') == 400,
          "a fraction of an order")


def bad_input(daemon):
    """What no client sends on purpose: a refusal each, and the daemon serves on."""
    list = f"/3.0/lists/{daemon.list}"
    ada = f"{list}/members/{hashlib.md5(b'ada@example.com').hexdigest()}"

    def ask(method, path, body=None, key=daemon.key, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=20)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {key}", **(headers or {})})
            response = connection.getresponse()
            text = response.read()
            # What is no HTTP is refused before it comes to be answered with a problem.
            if response.status >= 400 and "X-Long" not in (headers or {}):
                check(response.headers["Content-Type"].startswith("application/problem+json"),
                      f"{method} {path} is answered with a problem: {text[:200]}")
                for status, header in ((401, "WWW-Authenticate"), (429, "Retry-After")):
                    check(response.status != status or response.headers[header], f"{status} has {header}")
                check(json.loads(text)["status"] == response.status, f"{method} {path} names its status: {text[:200]}")
            return response.status if response.status != 405 else f"405: {response.headers['Allow']}"
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()

    odd = [b"", b"{", b"[]", b"null", b"12", b"\xff\xfe", b'{"email_address": "\xff@x.org"}', b"[" * 100_000,
           b'{"a":' * 100_000, b'{"email_address": null}', b'{"email_address": {"a": 1}, "status": "subscribed"}',
           b'{"email_address": "x@y.org", "status": ["subscribed"]}',
           b'{"email_address": "x@y.org", "status": "subscribed", "merge_fields": []}',
           b'{"email_address": "x@y.org", "status": "subscribed", "merge_fields": {"NOPE": "x"}}',
           b'{"email_address": "x@y.org", "status": "subscribed", "tags": [{"nom": "x"}]}',
           b'{"email_address": "x@y.org", "status": "subscribed", "tags": ["\\u0000"]}',
           b'{"email_address": "x\\u0007@y.org", "status": "subscribed"}',
           b'{"email_address": "x\\u202e@y.org", "status": "subscribed"}',
           b'{"email_address": "x@y.org", "status": "subscribed", "ip_opt": "nowhere"}',
           b'{"email_address": "x@y.org", "status": "subscribed", "ip_signup": "1.2.3.256"}',
           b'{"email_address": "x@y.org", "status": "subscribed", "email_type": "fax"}',
           b'{"email_address": "@", "status": "subscribed"}']
    for body in odd:
        check(ask("POST", f"{list}/members", body) == 400, f"POST members {body[:60]}")
    check(ask("POST", f"{list}/segments", b'{"name": "x", "options": {"conditions": [{"op": "\xbc"}]}}') == 400,
          "conditions that are no UTF-8")
    check(ask("PATCH", ada, b'{"merge_fields": {"FNAME": "\\ud800"}}') == 400, "half a character")
    check(ask("POST", f"{list}/members", b'{"a":"' + b"x" * (9 << 20) + b'"}') in (413, "BrokenPipeError",
                                                                               "ConnectionResetError"), "9 MB")
    for query in ("count=-1", "count=1001", "count=x", "offset=-1", "status=sold", "sort_field=email",
                  "since_last_changed=yesterday", "fields=a&exclude_fields=b", "fields=members.id,bogus", "fields=bogus.id", "vip_only=perhaps"):
        check(ask("GET", f"{list}/members?{query}") == 400, query)
    for query in ("fields=members.unsubscribe_reason", "fields=_links,list_id", "exclude_fields=bogus"):
        check(ask("GET", f"{list}/members?{query}") == 200, query)
    for path in ("/3.0/lists/..%2f..%2fetc%2fpasswd", "/3.0/lists/%00", f"{list}/members/a%2fb", f"{list}/members/%ff",
                 f"{list}/segments/x", f"{list}/merge-fields/999999999999999999999", "/3.0/lists//members", "/3.0/../x"):
        check(ask("GET", path) == 404, f"GET {path}: {ask('GET', path)}")
    check(ask("GET", f"{list}/members?fields={'id,' * 7000}id") == 400, "a path of 21 kB, with a problem")
    check(ask("POST", f"{list}/members", b'{"email_address": "x@y.org", "status": "archived"}') == 400, "a new archived one")
    methods(ask, list, ada)
    heads(daemon)
    check(ask("GET", "/3.0/ping", headers={"X-Long": "x" * 200_000}) in (400, 431, "ConnectionResetError",
          "BrokenPipeError", "RemoteDisconnected"), "a header of 200 kB")
    check(b" 400 " in half(daemon), "a body that ends in its middle")
    view = daemon.view_key
    check(ask("GET", "/3.0/lists", key=view) == 200, "a key that reads reads")
    check(ask("DELETE", ada, key=view) == 403, "and changes nothing")
    check(ask("GET", ada) == 200, "all is served as before")
    for _ in range(25):
        last = ask("GET", "/3.0/ping", key="0" * 32 + "-us1")
    check(last == 429, f"who guesses keys waits: {last}")
