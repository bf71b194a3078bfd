"""Lists that are made, changed and deleted, and what is said of them."""
import hashlib
import threading
import urllib.error
import urllib.request

from .serving import Receiver, check, refused, wait_until

NEW = {
    "name": "Readers", "permission_reminder": "You asked for it.", "email_type_option": True, "double_optin": True,
    "contact": {"company": "Analytical Engines", "address1": "1 Rue", "city": "Paris", "state": "", "zip": "75001",
                "country": "FR"},
    "campaign_defaults": {"from_name": "Ada", "from_email": "ada@example.com", "subject": "", "language": "fr"},
    "notify_on_subscribe": "team@example.com", "visibility": "pub", "use_archive_bar": True,
}


def lists(client, daemon, receiver):
    api = client.lists
    before = api.get_all_lists()["total_items"]
    refused(400, lambda: api.create_list({"name": "Readers", "contact": {"city": "Paris"}}), "Invalid Resource")
    refused(400, lambda: api.create_list({**NEW, "visibility": "hidden"}), "Invalid Resource")
    refused(400, lambda: api.create_list({**NEW, "permission_reminder": "\x07"}), "Invalid Resource")
    made = api.create_list(NEW)
    for key, value in NEW.items():
        shown = {name: made[key].get(name) for name in value} if isinstance(value, dict) else made[key]
        check(shown == value, f"{key} is kept: {made[key]}")
    check(made["notify_on_unsubscribe"] == "" and made["stats"]["member_count"] == 0, f"the rest is empty: {made}")
    listed = api.get_all_lists(count=1000)
    check(listed["total_items"] == before + 1 and listed["lists"][-1] == made, f"it is listed as it was made: {listed}")
    check(listed["constraints"]["may_create"] is True, f"more may be made: {listed['constraints']}")
    fields = api.get_list_merge_fields(made["id"])
    check([(field["tag"], field["type"]) for field in fields["merge_fields"]] == [
        ("FNAME", "text"), ("LNAME", "text"), ("ADDRESS", "address"), ("PHONE", "phone"), ("BIRTHDAY", "birthday")],
        f"a new list has fields: {fields}")
    refused(400, lambda: api.create_list({**NEW, "name": "READERS"}), "Invalid Resource")
    changed = api.update_list(made["id"], {"name": "Subscribers", "contact": {"city": "Lyon"}, "double_optin": False})
    check(changed["contact"] == {**made["contact"], "city": "Lyon"} and changed["double_optin"] is False
          and changed["name"] == "Subscribers" and changed["campaign_defaults"] == made["campaign_defaults"],
          f"what is named is changed, the rest stays: {changed}")
    refused(400, lambda: api.update_list(made["id"], {"name": "customers"}), "Invalid Resource")
    refused(404, lambda: api.update_list("0123456789", {"name": "x"}), "Resource Not Found")
    pending = api.add_list_member(made["id"], {"email_address": "p@example.com", "status": "pending"})
    check(pending["status"] == "pending" and api.get_list(made["id"])["stats"]["member_count"] == 0,
          f"who has yet to confirm is kept as such: {pending}")
    deleted(client, daemon, made["id"], receiver)
    refused(400, lambda: api.delete_list(daemon.list), "Invalid Action")
    check(api.get_list(daemon.list)["name"] == "customers", "a list that a fan-out goes to stays")


def deleted(client, daemon, list_id, receiver):
    """It goes with its webhooks and files, and another may have its name."""
    api = client.lists
    told = len(receiver.told())
    api.create_list_webhook(list_id, {"url": receiver.url, "events": {"subscribe": True}, "sources": {"api": True}})
    api.add_list_member(list_id, {"email_address": "bob@example.com", "status": "subscribed",
                                  "merge_fields": {"BIRTHDAY": "12/10", "PHONE": "+33 1 23 45 67 89"}})
    check(wait_until(lambda: len(receiver.told()) == told + 1), "its webhook is told")
    for scope in ("view", "send"):
        refused(403, lambda: daemon.client(scope).lists.delete_list(list_id))
        refused(403, lambda: daemon.client(scope).lists.create_list(NEW))
    api.delete_list(list_id)
    refused(404, lambda: api.get_list(list_id), "Resource Not Found")
    refused(404, lambda: api.get_list_member(list_id, hashlib.md5(b"bob@example.com").hexdigest()))
    refused(404, lambda: api.delete_list(list_id), "Resource Not Found")
    check(not list(daemon.data.glob(f"audiences/{list_id}*")), f"its files are gone")
    again = api.create_list({**NEW, "name": "Subscribers"})
    check(again["id"] != list_id and again["stats"]["total_contacts"] == 0, f"another of its name is another: {again}")
    api.delete_list(again["id"])


def beside_deletions(daemon):
    """Overviews are answered while lists come and go."""
    over, wrong = threading.Event(), []

    def come_and_go():
        api = daemon.client().lists
        for number in range(12):
            made = api.create_list({**NEW, "name": f"Passing {number}"})["id"]
            api.create_list_webhook(made, {"url": daemon.passing.url, "events": {"subscribe": True}})
            api.add_list_member(made, {"email_address": "ada@example.com", "status": "subscribed"})
            api.delete_list(made)
        over.set()
    daemon.passing = Receiver()
    thread = threading.Thread(target=come_and_go)
    thread.start()
    while not over.is_set() and thread.is_alive():
        for path in ("/metrics", "/readyz", "/v1/audiences", "/v1/webhooks", "/v1/deliveries", "/3.0/lists?count=100"):
            request = urllib.request.Request(f"http://127.0.0.1:{daemon.port}{path}",
                                             headers={"Authorization": f"Bearer {daemon.key}"})
            try:
                urllib.request.urlopen(request).read()
            except urllib.error.HTTPError as error:
                wrong.append((path, error.code, error.read()[:200]))
    thread.join()
    check(over.is_set() and not wrong, f"overviews beside deletions: {wrong}")
