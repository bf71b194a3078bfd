"""Campaigns, which are fan-outs: one that has ended, and one that waits."""
import json
import signal
import subprocess
import time

from .serving import PROGRAM, check, refused, wait_until

JOB = """
fanfare: 1
name: {name}
audience: {{name: customers, tag: vip}}
webhook: {{url: "{url}", data: {{to: "*|EMAIL|*"}}}}
"""


def fan_outs(daemon, receiver):
    """Makes them, before the daemon owns the folder."""
    daemon.run("audience", "tag", "customers", "ada@example.com", "vip")
    (daemon.folder / "sent.yaml").write_text(JOB.format(name="greeting", url=receiver.url))
    daemon.run("run", "sent.yaml", "--allow-network", "127.0.0.0/8")
    time.sleep(1.1)  # those of one second come in no order
    waiting = JOB.format(name="later", url=receiver.url) + "schedule: {at: 2099-01-01 09:00, time_zone: UTC}\n"
    (daemon.folder / "waiting.yaml").write_text(waiting)
    process = subprocess.Popen([PROGRAM, "run", "waiting.yaml", "--data", daemon.data], cwd=daemon.folder,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def waits():
        lines = daemon.run("status", "--json").splitlines()
        return any(one["name"] == "later" and one["state"] == "scheduled" for one in map(json.loads, lines))
    check(wait_until(waits), "a fan-out waits for its time")
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)


def campaigns(client, daemon):
    api = client.campaigns
    all = api.list()
    check([one["settings"]["title"] for one in all["campaigns"]] == ["later", "greeting"], f"the newest first: {all}")
    later, greeting = all["campaigns"]
    check(greeting["status"] == "sent" and greeting["emails_sent"] == 1 and greeting["send_time"], f"sent: {greeting}")
    tag = client.lists.tag_search(daemon.list, name="vip")["tags"][0]["id"]
    condition = {"condition_type": "StaticSegment", "field": "static_segment", "op": "static_is", "value": tag}
    check(greeting["recipients"] == {
        "list_id": daemon.list, "list_is_active": True, "list_name": "customers", "recipient_count": 1,
        "segment_text": "Contacts with the tag vip",
        "segment_opts": {"saved_segment_id": tag, "match": "any", "conditions": [condition]}},
        f"to whom: {greeting['recipients']}")
    check(later["status"] == "schedule" and later["send_time"] == "" and later["emails_sent"] == 0, f"waits: {later}")
    check(api.get(greeting["id"]) == greeting, "one by its id")
    check(api.get(greeting["id"], fields=["status"]) == {"status": "sent"}, "a field of it")
    for query, titles in (({"status": "sent"}, ["greeting"]), ({"status": "schedule"}, ["later"]),
                          ({"status": "paused"}, []), ({"list_id": daemon.list}, ["later", "greeting"]),
                          ({"list_id": "0123456789"}, []), ({"type": "rss"}, []), ({"count": 1}, ["later"]),
                          ({"count": 1, "offset": 1}, ["greeting"]),
                          ({"sort_field": "send_time", "sort_dir": "DESC"}, ["greeting", "later"]),
                          ({"sort_field": "create_time", "sort_dir": "ASC"}, ["greeting", "later"]),
                          ({"since_send_time": "2020-01-01T00:00:00+00:00"}, ["greeting"]),
                          ({"before_create_time": "2020-01-01T00:00:00+00:00"}, [])):
        found = api.list(**query)
        check([one["settings"]["title"] for one in found["campaigns"]] == titles, f"campaigns by {query}: {found}")
    stats = client.lists.get_list(daemon.list)["stats"]
    check(stats["campaign_count"] == 2 and stats["campaign_last_sent"] == greeting["send_time"], f"its list: {stats}")
    sent = client.lists.get_all_lists(since_campaign_last_sent="2020-01-01T00:00:00+00:00")
    check([one["id"] for one in sent["lists"]] == [daemon.list], f"lists that were sent to: {sent}")
    refused(404, lambda: api.get("0123456789"), "Resource Not Found")
    refused(400, lambda: api.list(sort_field="title"), "Invalid Resource")
    absent(client, greeting["id"])


def absent(client, campaign):
    """What Fanfare does not have says so."""
    api = client.campaigns
    refused(405, lambda: api.create({"type": "regular"}), "Method Not Allowed")
    refused(405, lambda: api.update(campaign, {"settings": {}}), "Method Not Allowed")
    refused(405, lambda: api.remove(campaign), "Method Not Allowed")
    for call in (lambda: api.send(campaign), lambda: api.pause(campaign), lambda: api.resume(campaign),
                 lambda: api.cancel_send(campaign), lambda: api.unschedule(campaign), lambda: api.replicate(campaign),
                 lambda: api.create_resend(campaign), lambda: api.get_content(campaign),
                 lambda: api.set_content(campaign, {}), lambda: api.get_feedback(campaign),
                 lambda: api.add_feedback(campaign, {"message": "x"}), lambda: api.get_send_checklist(campaign),
                 lambda: api.get_feedback_message(campaign, "1"), lambda: api.delete_feedback_message(campaign, "1"),
                 lambda: api.update_feedback_message(campaign, "1", {"message": "x"}),
                 lambda: api.schedule(campaign, {"schedule_time": "2099-01-01T00:00:00+00:00"}),
                 lambda: api.send_test_email(campaign, {"test_emails": ["a@x.org"], "send_type": "html"})):
        refused(404, call, "Resource Not Found")
