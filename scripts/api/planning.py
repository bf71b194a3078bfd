"""Campaigns, touchpoints, plans and the calendar: planned through the API, sent at their time, seen by a calendar program."""
import datetime
import hashlib
import http.client
import json

import icalendar

from .serving import Receiver, check, wait_until


def local(seconds):
    """A local time in UTC, so many seconds ahead."""
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return time.strftime("%Y-%m-%d %H:%M:%S")


def tag_two(daemon):
    """Three contacts, two of them with a tag."""
    lists = daemon.client().lists
    for name in ("pia", "quentin", "rosa"):
        address = f"{name}@example.com"
        key = hashlib.md5(address.encode()).hexdigest()
        lists.set_list_member(daemon.list, key, {"email_address": address, "status_if_new": "subscribed"})
        if name != "rosa":
            lists.update_list_member_tags(daemon.list, key, {"tags": [{"name": "planned", "status": "active"}]})


def webhook(url, name, at, **more):
    return {"kind": "webhook", "name": name, "at": at, "time_zone": "UTC", "audience": {"tag": "planned"},
            "webhook": {"url": url, "data": {"to": "*|EMAIL|*"}, "auth": {"bearer": "secret-of-the-gateway"}}, **more}


def calendar(own, days=2):
    now = datetime.datetime.now(datetime.timezone.utc)
    span = [(now + datetime.timedelta(days=sign * days)).strftime("%Y-%m-%dT%H:%M:%SZ") for sign in (-1, 1)]
    return own.ask("GET", f"/calendar?from={span[0]}&to={span[1]}")["entries"]


def feed_text(daemon, path):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, answer.headers, data


def planning(daemon, own):
    receiver = Receiver()
    tag_two(daemon)
    own.refused(400, "POST", "/campaigns", {"name": "No audience"})
    campaign = own.ask("POST", "/campaigns", {"name": "Spring", "audience": daemon.list}, expect=201)
    place = f"/campaigns/{campaign['id']}"
    own.ask("PATCH", place, {"objective": "Thirty orders"})
    check(own.ask("GET", place)["objective"] == "Thirty orders", "an objective is kept")
    check(campaign["id"] in {one["id"] for one in own.ask("GET", "/campaigns")["campaigns"]}, "campaigns are listed")
    made = own.ask("POST", f"{place}/touchpoints", webhook(receiver.url, "Texts", local(5)), expect=201)
    touchpoint = f"{place}/touchpoints/{made['id']}"
    check("secret-of-the-gateway" not in json.dumps(own.ask("GET", touchpoint)), "secrets are not shown")
    refusals(own, place, touchpoint, receiver)
    own.ask("PATCH", touchpoint, {"at": local(4)})
    planned = own.ask("POST", f"{touchpoint}/schedule")
    check(planned["plan"]["requests"] == 2, f"two would receive it: {planned['plan']}")
    check(planned["touchpoint"]["state"] == "scheduled", planned["touchpoint"]["state"])
    check(wait_until(lambda: own.ask("GET", touchpoint)["state"] == "complete", 30), "it stands as complete")
    bodies = sorted(json.loads(body)["to"] for found in receiver.told().values() for body in found)
    check(bodies == ["pia@example.com", "quentin@example.com"], f"it went to those with the tag: {bodies}")
    life = [change["state"] for change in own.ask("GET", touchpoint)["life"]]
    check(life[0] == "draft" and life[-1] == "complete" and "scheduled" in life, f"its life is told: {life}")
    seen = [entry for entry in calendar(own) if entry["title"].endswith("Texts")]
    check([entry["state"] for entry in seen] == ["complete"], f"it is on the calendar: {seen}")
    orders(own, place, receiver)
    subscribed(daemon, own, place)
    check(own.ask("GET", f"{place}/touchpoints")["touchpoints"] != [], "touchpoints are listed")
    other = own.ask("POST", "/campaigns", {"name": "Empty", "audience": daemon.list}, expect=201)
    own.ask("DELETE", f"/campaigns/{other['id']}", expect=204)


def refusals(own, place, touchpoint, receiver):
    """What cannot be planned is refused, with the field and what is accepted."""
    check(own.ask("PATCH", "/account", {"plan": "free"})["plan"] == "free", "a plan is kept")
    problem = own.refused(403, "POST", f"{touchpoint}/schedule")
    check("standard, premium" in problem["detail"], f"the plans that allow it are named: {problem['detail']}")
    own.ask("PATCH", "/account", {"plan": "premium"})
    check(own.ask("GET", "/account")["plan"] == "premium", "and back")
    own.ask("PATCH", touchpoint, {"at": "2020-01-01 09:00"})
    own.refused(400, "POST", f"{touchpoint}/schedule", field="at")
    own.refused(400, "POST", f"{place}/touchpoints", webhook(receiver.url, "Wrong zone", local(60), time_zone="Nowhere"))
    lost = webhook(receiver.url, "No such tag", local(600), audience={"tag": "nobody has it"})
    lost = own.ask("POST", f"{place}/touchpoints", lost, expect=201)
    own.refused(400, "POST", f"{place}/touchpoints/{lost['id']}/check")
    own.ask("DELETE", f"{place}/touchpoints/{lost['id']}", expect=204)


def orders(own, place, receiver):
    """Taken back, planned again, paused, resumed and cancelled; and what is no webhook."""
    made = own.ask("POST", f"{place}/touchpoints", webhook(receiver.url, "Later", local(3600)), expect=201)
    path = f"{place}/touchpoints/{made['id']}"
    check(own.ask("POST", f"{path}/check")["plan"]["requests"] == 2, "a check counts")
    own.ask("POST", f"{path}/schedule")
    own.refused(409, "PATCH", path, {"at": local(7200)})
    own.refused(409, "DELETE", place)
    check(own.ask("POST", f"{path}/pause")["state"] == "paused", "it is paused before its time")
    check(own.ask("POST", f"{path}/resume")["state"] == "scheduled", "and goes on")
    check(own.ask("POST", f"{path}/unschedule")["state"] == "draft", "it is taken back")
    own.ask("POST", f"{path}/schedule")
    check(own.ask("POST", f"{path}/cancel")["state"] == "cancelled", "it is cancelled")
    task = own.ask("POST", f"{place}/touchpoints", {"kind": "task", "name": "Write texts", "at": local(3600),
                                                    "time_zone": "UTC"}, expect=201)
    task = own.ask("PATCH", f"{place}/touchpoints/{task['id']}", {"state": "in_progress"})
    check(task["state"] == "in_progress", f"a task is in progress: {task['state']}")
    own.ask("POST", f"{place}/touchpoints", {"kind": "event", "name": "Fair, with a name; of Ünïcödé " * 3, "minutes": 90,
                                             "at": local(7200), "time_zone": "UTC"}, expect=201)
    own.ask("POST", f"{place}/touchpoints", {"kind": "note", "name": "Newsletter", "channel": "email", "at": local(9000),
                                             "time_zone": "UTC"}, expect=201)


def subscribed(daemon, own, place):
    """A calendar program reads what the calendar has, by a link that is shown once."""
    made = own.ask("POST", "/calendar/feeds", {"name": "Team"}, expect=201)
    check(all(made["path"] not in json.dumps(feed) for feed in own.ask("GET", "/calendar/feeds")["feeds"]), "once")
    status, headers, text = feed_text(daemon, made["path"])
    check(status == 200 and headers["Content-Type"].startswith("text/calendar"), f"a feed: {status}")
    check(all(len(line) <= 75 for line in text.split(b"\r\n")), "lines are folded")
    parsed = icalendar.Calendar.from_ical(text)
    parts = {str(part["UID"]): part for part in parsed.walk() if part.name in ("VEVENT", "VTODO")}
    entries = {entry["uid"]: entry for entry in calendar(own, 80)}
    check(set(entries) <= set(parts), f"all of the calendar is in it: {set(entries) - set(parts)}")
    for uid, entry in entries.items():
        part = parts[uid]
        check(str(part["SUMMARY"]).endswith(entry["title"]), f"{part['SUMMARY']} is {entry['title']}")
        start = part.get("DTSTART", part.get("DUE")).dt
        check(start == datetime.datetime.fromisoformat(entry["starts_at"]), f"{uid} starts at {entry['starts_at']}")
    status, _, _ = feed_text(daemon, made["path"].replace(".ics", "x.ics"))
    check(status == 404, f"another token leads nowhere: {status}")
    own.ask("DELETE", f"/calendar/feeds/{made['id']}", expect=204)
    check(feed_text(daemon, made["path"])[0] == 404, "nor one that was deleted")
    log = (daemon.folder / "daemon.log").read_text()
    check(made["path"].rpartition("/")[2].removesuffix(".ics") not in log, "the token is in no log")
