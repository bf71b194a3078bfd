"""Fanfare's own interface, /v1: the log of deliveries, resends, webhooks and segments, each answer held against the
OpenAPI document that the daemon serves."""
import csv
import http.client
import io
import json
import time
import urllib.parse
import urllib.request

import jsonschema

from .serving import Receiver, check, wait_until

METHODS = {"get", "post", "put", "patch", "delete"}


class Own:
    """Asks /v1, and checks that each answer is one that the document has."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.asked = set()
        status, _, document = self.send("GET", "/openapi.json", key=None)
        check(status == 200, f"the document needs no key: {status}")
        self.document = json.loads(document)

    def send(self, method, path, body=None, key="admin", headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=30)
        keys = {"admin": self.daemon.key, "send": self.daemon.send_key, "view": self.daemon.view_key}
        sent = dict(headers)
        if key:
            sent["Authorization"] = f"Bearer {keys[key]}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection.request(method, "/v1" + path, body if isinstance(body, bytes) or body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.headers, data

    def operation(self, method, path):
        """What the document says of it."""
        parts = path.partition("?")[0].split("/")
        found = []
        for known, methods in self.document["paths"].items():
            names = known.split("/")
            if len(names) == len(parts) and all(a == b or a.startswith("{") for a, b in zip(names, parts)):
                if method.lower() in methods:
                    found.append((sum(a.startswith("{") for a in names), known, methods[method.lower()]))
        return min(found)[1:]

    def ask(self, method, path, body=None, expect=200, key="admin"):
        """Asks, and returns what was answered."""
        known, operation = self.operation(method, path)
        status, headers, data = self.send(method, path, body, key)
        what = f"{method} {path}"
        check(status == expect, f"{what} has {expect}, not {status}: {data[:300]}")
        if status < 400:
            self.asked.add(operation["operationId"])
        answer = operation["responses"].get(str(status), operation["responses"]["default"])
        if "$ref" in answer:
            answer = self.document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        content = answer.get("content")
        if not content:
            check(data == b"", f"{what} has no body: {data[:100]}")
            return None
        media = headers["Content-Type"].partition(";")[0]
        check(media in content, f"{what} is of a type that the document has, not {media}")
        if not media.endswith("json"):
            return data.decode()
        value = json.loads(data)
        # References lead to the document's own parts.
        schema = {**content[media]["schema"], "components": self.document["components"]}
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
        check(not errors, f"{what} is as the document says: {[(list(e.path), e.message[:200]) for e in errors]}")
        return value

    def refused(self, status, method, path, body=None, field=None, key="admin"):
        problem = self.ask(method, path, body, expect=status, key=key)
        fields = [error["field"] for error in problem.get("errors", [])]
        check(field is None or field in fields, f"{method} {path} names {field}: {problem}")
        return problem


def whole(own):
    """Every operation of the document was asked for, and no path has methods that it does not name."""
    operations = {operation["operationId"] for methods in own.document["paths"].values()
                  for method, operation in methods.items() if method in METHODS}
    check(operations == own.asked, f"asked for: all but {operations - own.asked}")
    for path, methods in own.document["paths"].items():
        plain = path
        for name in ("audience_id", "webhook_id", "fan_out_id", "delivery_id", "segment_id", "journey_id", "campaign_id",
                     "touchpoint_id", "feed_id"):
            plain = plain.replace("{" + name + "}", "0123456789")
        for method in METHODS - set(methods):
            status, headers, _ = own.send(method.upper(), plain)
            allowed = {word.strip().lower() for word in (headers["Allow"] or "").split(",")}
            check(status == 405 and allowed == set(methods), f"{method} {path}: {status}, {allowed}")
    for path in ("", "/nothing", "/deliveries/x/y/z", "/%2e%2e/3.0/ping"):
        check(own.send("GET", path)[0] == 404, f"{path} leads nowhere")


def access(own):
    for key, expected in ((None, 401), ("view", 200)):
        check(own.send("GET", "/deliveries", key=key)[0] == expected, f"a list with {key}")
    ways = own.send("GET", "/deliveries", key=None)[1]["WWW-Authenticate"]
    check(ways == 'Bearer realm="Fanfare", Basic realm="Fanfare"', f"a 401 says how to prove oneself: {ways}")
    own.refused(403, "POST", "/webhooks/0123456789/resend", {}, key="view")
    own.refused(403, "POST", "/webhooks", {}, key="send")


def bad_input(own, audience):
    for query, field in (("limit=0", "limit"), ("limit=x", "limit"), ("state=late", "state"), ("trigger=none", "trigger"),
                         ("since=yesterday", "since"), ("after=x", "after"), ("colour=red", "colour"),
                         ("limit=1&limit=2", "limit"), ("after=after-event-0123456789-1", "after")):
        own.refused(400, "GET", f"/deliveries?{query}", field=field)
    for id in ("event-0123456789-1", "fanout-0123456789-1", "nothing", "event-0123456789-01", "event-0123456789--1",
               "event-0123456789-99999999999999999999"):
        own.refused(404, "GET", f"/deliveries/{id}")
        own.refused(404, "GET", f"/deliveries/{id}/attempts")
        own.refused(404, "POST", f"/deliveries/{id}/resend")
    resend = "/webhooks/0123456789/resend"
    for path in (resend, "/fan-outs/0123456789/resend"):
        own.refused(404, "POST", path, {})
    for body, field in (({"states": 1}, "states"), ({"states": []}, "states"), ({"states": ["available"]}, "states"),
                        ({"since": "x"}, "since"), ({"email": ""}, "email"), ({"x": 1}, "x")):
        own.refused(400, "POST", resend, body, field=field)
    own.refused(400, "POST", resend, b"{")
    own.refused(400, "POST", resend, b"[" * 40 + b"]" * 40)
    own.refused(400, "POST", resend, b"\"\xff\"")
    own.refused(413, "POST", resend, b"x" * (8 << 20) + b"x")
    own.refused(400, "POST", "/webhooks", {"audience": "0123456789", "url": "http://127.0.0.1:1/"}, field="audience")
    own.refused(400, "POST", "/webhooks", {"audience": audience, "url": "http://127.0.0.1:1/"}, field="url")
    own.refused(400, "POST", "/webhooks", {"audience": audience, "url": "x", "events": ["sent"]}, field="events")
    for url in ("http://127.0.0.1:1/*|EMAIL|*", "http://127.0.0.1:1/" + "x" * 2000, ""):
        own.refused(400, "POST", "/webhooks", {"audience": audience, "url": url}, field="url")
    for field, words in (("events", ["subscribe"] * 7), ("sources", ["api"] * 4)):
        own.refused(400, "POST", "/webhooks", {"audience": audience, "url": "x", field: words}, field=field)
    own.refused(400, "POST", resend, {"states": ["dead"] * 6}, field="states")
    own.refused(400, "GET", "/deliveries?state=" + ",".join(["dead"] * 10), field="state")
    own.refused(404, "PATCH", "/webhooks/0123456789", {"is_enabled": True})
    own.refused(404, "GET", "/fan-outs/0123456789")
    own.refused(404, "GET", "/audiences/0123456789")


def segments(own, audience):
    """Saved segments in Fanfare's own form: groups within groups."""
    base = f"/audiences/{audience}/segments"
    nested = {"match": "any", "conditions": [
        {"field": "EMAIL", "op": "is", "value": "ada@example.com"},
        {"match": "all", "conditions": [{"field": "LNAME", "op": "starts", "value": "Love"},
                                        {"field": "FNAME", "op": "is", "value": "Ada"}]}]}
    check(own.ask("POST", f"{base}/count", {"segment": nested})["contacts"] == 1, "one contact is meant")
    made = own.ask("POST", base, {"name": "own form", "segment": nested}, expect=201)
    check(made["segment"] == nested, f"it is told as it was given: {made}")
    check(made in own.ask("GET", base)["segments"], "it is listed")
    other = {"match": "all", "conditions": [{"field": "FNAME", "op": "is", "value": "Eve"}]}
    changed = own.ask("PUT", f"{base}/{made['id']}", {"name": "other", "segment": other})
    check(own.ask("GET", f"{base}/{made['id']}") == changed and changed["name"] == "other", f"changed: {changed}")
    own.refused(400, "POST", base, {"name": "other", "segment": other}, field="name")
    own.refused(400, "POST", base, {"segment": other}, field="name")
    own.refused(400, "POST", base, {"name": "x" * 101, "segment": other}, field="name")
    odd = own.refused(400, "POST", base, {"name": "odd", "segment": {**other, "nonsense": 1}}, field="segment")
    check("a segment has no key" in odd["errors"][0]["message"], f"in words that fit: {odd}")
    own.refused(400, "POST", base, {"name": "none"}, field="segment")
    own.refused(400, "POST", base, {"name": "x", "segment": {"match": "all", "conditions": []}}, field="segment")
    deep = other
    for _ in range(3):
        deep = {"match": "all", "conditions": [deep]}
    own.refused(400, "POST", base, {"name": "deep", "segment": deep}, field="segment")
    many = {"match": "any", "conditions": other["conditions"] * 101}
    own.refused(400, "POST", base, {"name": "many", "segment": many})
    own.refused(400, "POST", f"{base}/count", {"segment": other, "name": "x"}, field="name")
    own.refused(400, "POST", f"{base}/count", {"segment": {"match": "all", "conditions": [
        {"field": "NOTHING", "op": "is", "value": "x"}]}})
    own.ask("DELETE", f"{base}/{made['id']}", expect=204)
    own.refused(404, "GET", f"{base}/{made['id']}")


def told_again(own, lists, audience):
    """A webhook, what it was sent, and that it is sent again."""
    receiver = Receiver()
    made = own.ask("POST", "/webhooks", {"audience": audience, "url": receiver.url, "events": ["subscribe", "profile"]},
                   expect=201)
    id = made["id"]
    check(made["signing_secret"].startswith("whsec_") and made["is_enabled"], f"a secret, once: {made}")
    check("signing_secret" not in own.ask("GET", f"/webhooks/{id}"), "and not again")
    check([one["id"] for one in own.ask("GET", f"/webhooks?audience={audience}")["webhooks"]] == [id], "it is listed")
    for number in range(5):
        lists.add_list_member(audience, {"email_address": f"own{number}@example.com", "status": "subscribed"})

    def deliveries(query=""):
        return own.ask("GET", f"/deliveries?endpoint={id}{query}")["deliveries"]
    check(wait_until(lambda: len(deliveries("&state=delivered")) == 5), "five are delivered")
    shown = deliveries()
    check([one["email"] for one in shown] == [f"own{number}@example.com" for number in reversed(range(5))],
          f"the newest first: {shown}")
    check({one["webhook_id"] for one in shown} == set(receiver.told()), "with the ids that the receiver has")
    check([one["email"] for one in deliveries("&email=OWN2@example.com")] == ["own2@example.com"], "by the contact")
    check(deliveries("&email=nobody@example.com") == [], "of nobody there is none")
    check(deliveries("&since=2100-01-01T00:00:00%2B00:00") == [], "nor of another time")
    check(len(deliveries("&until=2100-01-01T00:00:00Z")) == 5, "all of before that time")
    pages, after = [], ""
    while after is not None:
        page = own.ask("GET", f"/deliveries?endpoint={id}&limit=2" + (f"&after={after}" if after else ""))
        pages += page["deliveries"]
        after = page["next"]
    check(pages == shown, "page by page they are the same")
    one = shown[0]
    check(own.ask("GET", f"/deliveries/{one['id']}") == one, "one is as in the list")
    [attempt] = own.ask("GET", f"/deliveries/{one['id']}/attempts")["attempts"]
    check(attempt["status"] == 200 and attempt["reason"] is None, f"its attempt: {attempt}")
    own.ask("POST", f"/deliveries/{one['id']}/resend", expect=202)
    check(wait_until(lambda: len(receiver.told()[one["webhook_id"]]) == 2), "it comes again")
    check(len(set(receiver.told()[one["webhook_id"]])) == 1, "with the same bytes")
    check(wait_until(lambda: deliveries()[0]["state"] == "delivered"), "and is delivered")
    resent = own.ask("POST", f"/webhooks/{id}/resend", {"states": ["delivered"]}, expect=202)
    check(resent == {"deliveries": 5}, f"all are sent again: {resent}")
    check(wait_until(lambda: sum(map(len, receiver.told().values())) == 11), "and come")
    check(wait_until(lambda: deliveries()[0]["state"] == "delivered"), "and are delivered")
    history = own.ask("GET", f"/deliveries/{one['id']}/attempts")["attempts"]
    check([(each["number"], each["status"], each["response"]) for each in history] == [(1, 200, None), (2, 200, None),
          (3, 200, None)], f"each time that it was sent stands there: {history}")
    check(own.ask("POST", f"/webhooks/{id}/resend", {}, expect=202) == {"deliveries": 0}, "none is dead")
    tried(own, receiver, id)
    refusing(own, lists, audience, receiver, id)


def tried(own, receiver, id):
    """One webhook is sent to try the endpoint, and stands in no log."""
    before = own.ask("GET", f"/deliveries?endpoint={id}")
    trial = own.ask("POST", f"/webhooks/{id}/test")
    check(trial["is_accepted"] and trial["status"] == 200 and trial["webhook_id"] in receiver.told(), f"tried: {trial}")
    receiver.status = 500
    trial = own.ask("POST", f"/webhooks/{id}/test")
    check(not trial["is_accepted"] and trial["would_repeat"] and trial["status"] == 500, f"and refused: {trial}")
    receiver.status = 200
    check(own.ask("GET", f"/deliveries?endpoint={id}") == before, "it stands in no log")
    own.refused(404, "POST", "/webhooks/0123456789/test")


def refusing(own, lists, audience, receiver, id):
    """A receiver that refuses: the answer stands in the log, and what died is sent again when it is mended."""
    receiver.status = 422
    lists.add_list_member(audience, {"email_address": "refused@example.com", "status": "subscribed"})
    query = f"/deliveries?endpoint={id}&state=dead,uncertain"
    check(wait_until(lambda: own.ask("GET", query)["deliveries"]), "it is dead")
    [dead] = own.ask("GET", query)["deliveries"]
    check(dead["status"] == 422 and dead["reason"] and dead["email"] == "refused@example.com", f"and says why: {dead}")
    [attempt] = own.ask("GET", f"/deliveries/{dead['id']}/attempts")["attempts"]
    check(attempt["status"] == 422 and attempt["reason"], f"its attempt: {attempt}")
    own.ask("PATCH", f"/webhooks/{id}", {"is_enabled": False, "sources": ["api"]})
    stopped = own.ask("GET", f"/webhooks/{id}")
    check(not stopped["is_enabled"] and stopped["sources"] == ["api"] and stopped["deliveries"]["dead"] == 1, f"{stopped}")
    own.refused(409, "POST", f"/deliveries/{dead['id']}/resend")
    own.refused(409, "POST", f"/webhooks/{id}/resend", {})
    receiver.status = 200
    check(own.ask("PATCH", f"/webhooks/{id}", {"is_enabled": True})["is_enabled"], "it is enabled again")
    resent = own.ask("POST", f"/webhooks/{id}/resend", {"email": "refused@example.com"}, expect=202)
    check(resent == {"deliveries": 1}, f"it is sent again: {resent}")
    check(wait_until(lambda: dead["webhook_id"] in receiver.told()
                     and own.ask("GET", f"/deliveries/{dead['id']}")["state"] == "delivered"), "and delivered")
    history = own.ask("GET", f"/deliveries/{dead['id']}/attempts")["attempts"]
    check([one["status"] for one in history] == [422, 200], f"both attempts are told: {history}")
    log = own.daemon.run("webhook", "log", id, "--contact", "refused@example.com", "--json")
    [line] = [json.loads(line) for line in log.splitlines()]
    check(line["state"] == "delivered" and len(line["history"]) == 2, f"and by the command: {line}")
    lists.delete_list_member_permanent(audience, "refused@example.com")
    check(wait_until(lambda: own.ask("GET", f"/deliveries/{dead['id']}")["email"] is None), "an erased one has no address")
    own.refused(409, "POST", f"/deliveries/{dead['id']}/resend")


def exported(own):
    """All deliveries as files."""
    listed, after = [], ""
    while after is not None:
        page = own.ask("GET", "/deliveries?limit=1000" + (f"&after={after}" if after else ""))
        listed += page["deliveries"]
        after = page["next"]
    check({one["trigger"] for one in listed} == {"campaign", "audience_webhook"}, "both triggers are in the log")
    lines = own.ask("GET", "/deliveries/export?format=jsonl").splitlines()
    check([json.loads(line) for line in lines] == listed, "the export has what the list has")
    rows = list(csv.DictReader(io.StringIO(own.ask("GET", "/deliveries/export"))))
    check([row["id"] for row in rows] == [one["id"] for one in listed], "and so has the one in CSV")
    campaigns = own.ask("GET", "/deliveries/export?format=jsonl&trigger=campaign").splitlines()
    check(len(campaigns) == sum(one["trigger"] == "campaign" for one in listed), "by trigger")


def fan_outs(own, jobs):
    """Fan-outs, and one delivery of one that has ended, sent again."""
    shown = own.ask("GET", "/fan-outs")
    check(shown["total"] == len(shown["fan_outs"]) > 0, f"fan-outs: {shown}")
    ended = next(one for one in shown["fan_outs"] if one["state"] == "ended" and one["deliveries"]["delivered"])
    check(own.ask("GET", f"/fan-outs/{ended['id']}") == ended, "one is as in the list")
    check(own.ask("GET", f"/fan-outs?name={urllib.parse.quote(ended['name'])}&limit=1&offset=0")["total"] >= 1, "by name")
    [one] = [one for one in own.ask("GET", f"/deliveries?endpoint={ended['id']}&state=delivered")["deliveries"]][:1]
    before = sum(map(len, jobs.told().values()))
    own.ask("POST", f"/deliveries/{one['id']}/resend", expect=202)
    check(wait_until(lambda: sum(map(len, jobs.told().values())) == before + 1), "it comes again")
    check(wait_until(lambda: own.ask("GET", f"/fan-outs/{ended['id']}")["state"] == "ended"), "and the fan-out ends again")
    all = {"states": ["delivered"], "since": "2020-01-01T00:00:00Z"}
    resent = own.ask("POST", f"/fan-outs/{ended['id']}/resend", all, expect=202)["deliveries"]
    check(resent == ended["deliveries"]["delivered"], f"all that were delivered: {resent}")
    check(wait_until(lambda: sum(map(len, jobs.told().values())) == before + 1 + resent), "they come")
    check(wait_until(lambda: own.ask("GET", f"/fan-outs/{ended['id']}")["state"] == "ended"), "and it ends again")
    waiting = next(one for one in own.ask("GET", "/fan-outs")["fan_outs"] if one["state"] == "scheduled")
    own.refused(409, "POST", f"/fan-outs/{waiting['id']}/resend", {})


def stopped(own, lists, audience):
    """The one switch: nothing goes out until it is taken back."""
    receiver = Receiver()
    own.ask("POST", "/webhooks", {"audience": audience, "url": receiver.url, "events": ["subscribe"]}, expect=201)
    check(own.ask("GET", "/stop") == {"is_stopped": False, "since": None, "by": None, "reason": None}, "not stopped")
    stop = own.ask("POST", "/stop-all", {"reason": "wrong price"})
    check(stop["is_stopped"] and stop["reason"] == "wrong price" and stop["by"].startswith("key "), f"stopped: {stop}")
    check(own.ask("POST", "/stop-all", {}) == stop, "who stopped it first stays named")
    check(own.ask("POST", "/stop-all") == stop, "nothing has to be said")
    lists.add_list_member(audience, {"email_address": "stopped@example.com", "status": "subscribed"})
    time.sleep(1)
    check(not receiver.told() and own.ask("GET", "/webhooks")["is_sending"] is False, "nothing goes out")
    own.refused(403, "POST", "/resume-all", key="view")
    check(own.ask("POST", "/resume-all")["is_stopped"] is False, "it goes on")
    check(wait_until(lambda: len(receiver.told()) == 1), "and what waited is told")


def own_interface(daemon, jobs, *further):
    """All of it, beside a receiver that a fan-out of before has gone to; `further` ask for what has files of its own."""
    own = Own(daemon)
    lists = daemon.client().lists
    check(daemon.list in {one["id"] for one in own.ask("GET", "/audiences")["audiences"]}, "the audience is listed")
    audience = own.ask("GET", f"/audiences/{daemon.list}")
    check(audience["name"] == "customers" and audience["contacts"]["subscribed"] >= 1, f"{audience}")
    access(own)
    bad_input(own, daemon.list)
    segments(own, daemon.list)
    told_again(own, lists, daemon.list)
    exported(own)
    fan_outs(own, jobs)
    check(own.ask("GET", "/webhooks")["is_sending"] is True, "webhooks are sent")
    daemon.run("webhook", "pause")
    check(own.ask("GET", "/webhooks")["is_sending"] is False, "not while they are paused")
    paused = urllib.request.urlopen(f"http://127.0.0.1:{daemon.port}/metrics").read()
    check(b"\nfanfare_webhooks_paused 1\n" in paused, "as a monitor is told")
    daemon.run("webhook", "resume")
    stopped(own, lists, daemon.list)
    for webhook in own.ask("GET", "/webhooks")["webhooks"]:
        own.ask("DELETE", f"/webhooks/{webhook['id']}", expect=204)
    for part in further:
        part(daemon, own)
    whole(own)
