"""Customer journeys: started by Mailchimp's client, kept over deaths of the daemon."""
import hashlib
import json
import signal
import sqlite3
import time

from .own import Own
from .serving import Receiver, check, refused, wait_until

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def document(url, **more):
    """A journey with points of most kinds; the webhooks say which contact is where."""
    def webhook(point):
        return {"url": url, "data": {"email": "*|EMAIL|*", "point": point}}
    return {
        "name": "Welcome", "time_zone": "UTC",
        "start": [{"id": "program", "type": "api", "next": "mark"}, {"id": "people", "type": "manual", "next": "mark"}],
        "points": [
            {"id": "mark", "type": "add_tag", "tag": "begun", "next": "hello"},
            {"id": "hello", "type": "webhook", "webhook": webhook("hello"), "next": "halves"},
            {"id": "halves", "type": "split", "percent": 50, "first": "rest", "second": "sure"},
            {"id": "rest", "type": "delay", "for": "1s", "next": "late"},
            {"id": "late", "type": "webhook", "webhook": webhook("late")},
            {"id": "sure", "type": "webhook", "on_failure": "wait", "webhook": webhook("sure"), "next": "done"},
            {"id": "done", "type": "add_tag", "tag": "done"},
        ],
        **more,
    }


def by_client(daemon, own):
    """What programs see: the endpoint that Mailchimp has, and the documents of /v1."""
    receiver, client = Receiver(), daemon.client()
    made = own.ask("POST", f"/audiences/{daemon.list}/journeys", document(receiver.url), expect=201)
    path = f"/journeys/{made['id']}"
    check(made["state"] == "draft" and made["version"] == 1, f"a draft: {made['state']}")
    number = made["number"]
    step = next(point["number"] for point in made["points"] if point["id"] == "program")
    trigger = lambda address="ada@example.com", step=step: client.customerJourneys.trigger(
        number, step, {"email_address": address})
    refused(409, trigger)
    own.refused(400, "POST", f"/audiences/{daemon.list}/journeys", document(receiver.url, points=[]))
    own.refused(400, "POST", f"/audiences/{daemon.list}/journeys", document(receiver.url, reentry="sometimes"))
    own.ask("POST", f"{path}/activate")
    refused(404, lambda: trigger("nobody@example.com"))
    refused(404, lambda: trigger(step=999))
    trigger()
    refused(400, trigger)
    check(wait_until(lambda: len(receiver.told()) == 2), f"both webhooks came: {len(receiver.told())}")
    bodies = {json.loads(body)["point"] for found in receiver.told().values() for body in found}
    check(bodies in ({"hello", "late"}, {"hello", "sure"}), f"one of the two ways: {bodies}")
    check(wait_until(lambda: own.ask("GET", f"{path}/contacts")["contacts"] == []), "nobody is inside any more")
    steps = own.ask("GET", f"{path}/steps?email=ada@example.com")["steps"]
    check([step["point"] for step in steps[:3]] == ["program", "mark", "hello"], f"the way is told: {steps}")
    known = own.ask("GET", path)
    check({point["id"]: point["passed"] for point in known["points"]}["hello"] == 1, "points are counted")
    delivered = {point["id"]: point["requests"] for point in known["points"]}["hello"]["delivered"]
    check(delivered == 1, f"requests are counted: {delivered}")
    log = own.ask("GET", "/deliveries?trigger=journey&email=ada@example.com")["deliveries"]
    check(len(log) == 2 and all(row["trigger"] == "journey" for row in log), f"the log has them: {len(log)}")
    edited(own, path, receiver.url)
    own.ask("POST", f"{path}/contacts", {"emails": ["nobody@example.com"]}, expect=404)
    own.ask("POST", f"{path}/contacts", {"tag": "begun", "start": "people"}, expect=204)
    own.ask("POST", f"{path}/pause")
    own.refused(409, "DELETE", path)
    own.ask("POST", f"{path}/end")
    own.refused(409, "POST", f"{path}/activate")
    own.ask("GET", f"/audiences/{daemon.list}/journeys")
    own.ask("DELETE", path, expect=204)
    own.refused(404, "GET", path)


def edited(own, path, url):
    """Two edits of one version: the second is told."""
    other = document(url)
    other["points"][3]["for"] = "2s"
    check(own.ask("PUT", f"{path}?version=1", other)["version"] == 2, "an edit is a version")
    own.refused(409, "PUT", f"{path}?version=1", other)
    other["start"] = other["start"][:1]
    own.refused(409, "PUT", f"{path}?version=2", other)
    own.refused(400, "PUT", path, other)


def expected_id(journey, point, contact, visit):
    """The id of a journey's request, made as its documentation says."""
    series = hashlib.sha256(b"fanfare delivery 1\0")
    for text in ("", f"events journey.{journey}.{point} entry 1 visit {visit}"):
        series.update(len(text.encode()).to_bytes(8, "big") + text.encode())
    series.update((0).to_bytes(8, "big"))
    digest = hashlib.sha256(series.digest() + contact.to_bytes(8, "big")).digest()[:16]
    bits = int.from_bytes(digest, "big") << 2
    return "msg_" + "".join(ALPHABET[bits >> 5 * (25 - place) & 31] for place in range(26))


def through_journey_kills(daemon, contacts, kills, chance):
    """Kills the daemon while contacts go along a journey: each gets what it is to get, under the id it is to have."""
    receiver = Receiver()
    rows = "".join(f"j{number}@example.com,J,{number}\n" for number in range(contacts))
    (daemon.folder / "many.csv").write_text("Email Address,First Name,Last Name\n" + rows)
    daemon.run("audience", "import", "many.csv", "--name", "many", "--column", "First Name=FNAME",
               "--column", "Last Name=LNAME")
    audience = next(found["id"] for found in map(json.loads, daemon.run("audience", "list", "--json").splitlines())
                    if found["name"] == "many")
    daemon.start()
    own = Own(daemon)
    made = own.ask("POST", f"/audiences/{audience}/journeys", document(receiver.url), expect=201)
    own.ask("POST", f"/journeys/{made['id']}/activate")
    began = time.monotonic()
    own.ask("POST", f"/journeys/{made['id']}/contacts", {"everyone": True}, expect=204)
    for _ in range(kills):
        time.sleep(chance.uniform(0.02, 0.5))
        daemon.end(signal.SIGKILL)
        daemon.start()
        # Starts after deaths in a row begin paused.
        daemon.run("webhook", "resume")
    own = Own(daemon)
    done = wait_until(lambda: all(point["waiting"] == 0 for point in own.ask("GET", f"/journeys/{made['id']}")["points"])
                      and len(receiver.told()) == 2 * contacts, 120)
    took = time.monotonic() - began
    told = receiver.told()
    check(done, f"all have come to the end: {len(told)} requests of {2 * contacts}")
    compare(daemon, audience, made, told, contacts)
    check(daemon.end() == 0, "SIGTERM ends it with 0")
    repeats = sum(len(bodies) - 1 for bodies in told.values())
    print(f"{contacts:,} contacts on a journey and {kills} kills in {took:.1f} s: {len(told):,} ids, {repeats:,} repeats")


def compare(daemon, audience, made, told, contacts):
    """The ids that came are those that are to come, each with one body, of its contact and its point."""
    with sqlite3.connect(f"file:{daemon.data}/audiences/{audience}.sqlite?mode=ro", uri=True) as db:
        keys = dict(db.execute("SELECT email, id FROM contact"))
        db.execute("""CREATE TEMP VIEW step AS
            SELECT contact_id, visit + s.key AS visit, s.value ->> 0 AS point, s.value ->> 1 AS way
            FROM journey_path, json_each(steps) AS s""")
        ways = dict(db.execute("""SELECT contact_id, way FROM step WHERE point = (
            SELECT number FROM journey_point WHERE id = 'halves')"""))
        steps = db.execute("SELECT count(*), count(DISTINCT contact_id || ' ' || visit) FROM step").fetchone()
        left = db.execute("SELECT count(*) FROM journey_position").fetchone()[0]
        tags = db.execute("""SELECT count(*) FROM segment_contact AS m JOIN segment AS s ON s.id = m.segment_id
            WHERE s.name = 'begun'""").fetchone()[0]
    expected = {}
    for email, key in keys.items():
        expected[expected_id(made["id"], "hello", key, 2)] = (email, "hello")
        point, visit = ("late", 5) if ways.get(key) == 2 else ("sure", 4)
        expected[expected_id(made["id"], point, key, visit)] = (email, point)
    check(left == 0, f"nobody is left inside: {left}")
    check(steps[0] == steps[1], f"no step was made twice: {steps}")
    check(tags == contacts, f"all were tagged once: {tags}")
    check(set(told) == set(expected), f"the ids are the expected ones: {len(set(told) ^ set(expected))} others")
    wrong = 0
    for id, bodies in told.items():
        said = {(value["email"], value["point"]) for value in map(json.loads, bodies)}
        wrong += said != {expected.get(id)}
    check(wrong == 0, f"each id has the body of its contact and point: {wrong} have not")
