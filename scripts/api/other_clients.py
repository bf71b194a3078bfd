"""Clients that others wrote: mailchimp3, and async-mailchimp3, which has a process of its own as both have one name."""
import os
import subprocess
import sys

from .serving import ROOT, check, wait_until

from mailchimp3 import MailChimp
from mailchimp3.mailchimpclient import MailChimpError

LIST = {"name": "Others", "permission_reminder": "", "email_type_option": False,
        "contact": {"company": "C", "address1": "1", "city": "Paris", "state": "", "zip": "", "country": "FR"},
        "campaign_defaults": {"from_name": "A", "from_email": "a@example.com", "subject": "", "language": "en"}}


def refused(title, call):
    try:
        call()
    except MailChimpError as error:
        check(error.args[0]["title"] == title, f"the title {title}: {error}")
    else:
        check(False, f"a refusal: {title}")


def mailchimp3(daemon):
    api = MailChimp(mc_api=daemon.key)
    api.base_url = f"http://127.0.0.1:{daemon.port}/3.0/"
    check(api.ping.get()["health_status"] and api.root.get()["account_name"], "ping and root")
    lists = api.lists
    list_id = lists.create({**LIST, "permission_reminder": "You asked."})["id"]
    check(lists.update(list_id, {**LIST, "name": "Other", "permission_reminder": "x"})["name"] == "Other", "renamed")
    check(lists.get(list_id, fields="name") == {"name": "Other"}, "a field of a list")
    check(len(lists.all(get_all=True)["lists"]) == lists.all()["total_items"], "all lists")
    refused("Resource Not Found", lambda: lists.get("0123456789"))
    batch = lists.update_members(list_id, {"members": [
        {"email_address": f"m{number}@example.com", "status": "subscribed"} for number in range(12)],
        "update_existing": True})
    check(batch["total_created"] == 12, f"a batch: {batch}")
    members(lists, list_id)
    groups_and_fields(lists, list_id)
    segments(lists, list_id)
    check(api.search_members.get(query="m3@example.com")["exact_matches"]["total_items"] == 1, "a member by search")
    batch = api.batches.create({"operations": [{"method": "GET", "path": f"lists/{list_id}", "operation_id": "list"}]})
    check(wait_until(lambda: api.batches.get(batch["id"])["status"] == "finished"), "a batch is done")
    check(len(api.batches.all(get_all=True)["batches"]) >= 1, "batches")
    api.batches.delete(batch["id"])
    check(len(api.campaigns.all(get_all=True)["campaigns"]) == 2, "campaigns")
    lists.delete(list_id)
    refused("Resource Not Found", lambda: lists.get(list_id))


def members(lists, list_id):
    api = lists.members
    new = api.create(list_id, {"email_address": "new@example.com", "status": "subscribed"})
    refused("Member Exists", lambda: api.create(list_id, {"email_address": "new@example.com", "status": "subscribed"}))
    check(len(api.all(list_id, get_all=True)["members"]) == 13, "all members, page by page")
    check(api.get(list_id, "new@example.com")["id"] == new["id"], "a member")
    check(api.update(list_id, new["id"], {"merge_fields": {"FNAME": "N"}})["full_name"] == "N", "a member, changed")
    api.create_or_update(list_id, new["id"], {"email_address": "new@example.com", "status_if_new": "subscribed"})
    api.tags.update(list_id, new["id"], {"tags": [{"name": "vip", "status": "active"}]})
    check([tag["name"] for tag in api.tags.all(list_id, new["id"])["tags"]] == ["vip"], "its tags")
    api.events.create(list_id, new["id"], {"name": "opened", "properties": {"a": "b"}})
    check(api.events.all(list_id, new["id"], get_all=True)["events"][0]["name"] == "opened", "its events")
    api.delete(list_id, new["id"])
    api.delete_permanent(list_id, new["id"])
    refused("Resource Not Found", lambda: api.get(list_id, new["id"]))


def groups_and_fields(lists, list_id):
    field = lists.merge_fields.create(list_id, {"name": "Size", "type": "text"})
    check(lists.merge_fields.update(list_id, field["merge_id"], {"name": "Shirt"})["name"] == "Shirt", "a field")
    check(lists.merge_fields.get(list_id, field["merge_id"])["tag"] == "MMERGE6", "its tag")
    lists.merge_fields.delete(list_id, field["merge_id"])
    check(lists.merge_fields.all(list_id, get_all=True)["total_items"] == 5, "the others stay")
    category = lists.interest_categories.create(list_id, {"title": "Music", "type": "checkboxes"})["id"]
    lists.interest_categories.update(list_id, category, {"title": "Musics", "type": "checkboxes"})
    check(lists.interest_categories.get(list_id, category)["title"] == "Musics", "a category")
    interests = lists.interest_categories.interests
    jazz = interests.create(list_id, category, {"name": "Jazz"})["id"]
    interests.update(list_id, category, jazz, {"name": "Rock"})
    check(interests.all(list_id, category)["interests"][0]["name"] == "Rock", "a group")
    interests.delete(list_id, category, jazz)
    lists.interest_categories.delete(list_id, category)
    check(lists.interest_categories.all(list_id, get_all=True)["total_items"] == 0, "no category")


def segments(lists, list_id):
    segment = lists.segments.create(list_id, {"name": "team", "static_segment": []})["id"]
    lists.segments.update_members(list_id, segment, {"members_to_add": ["m1@example.com"]})
    lists.segments.members.create(list_id, segment, {"email_address": "m2@example.com", "status": "subscribed"})
    check(lists.segments.members.all(list_id, segment)["total_items"] == 2, "members of a segment")
    lists.segments.members.delete(list_id, segment, "m2@example.com")
    check(lists.segments.update(list_id, segment, {"name": "crew"})["member_count"] == 1, "one is left")
    lists.members.update(list_id, "m1@example.com", {"status": "unsubscribed"})
    counts = [lists.segments.get(list_id, segment, **query)["member_count"]
              for query in ({}, {"include_unsubscribed": "true"}, {"include_cleaned": "true"})]
    check(counts == [0, 1, 0], f"who is unsubscribed counts where that is asked for: {counts}")
    check(lists.segments.all(list_id, type="static", get_all=True)["total_items"] == 2, "segments")
    lists.segments.delete(list_id, segment)


def webhooks(daemon, receiver):
    """It refuses URLs of loopback by its own rule, so one is made by hand and the others read."""
    api = MailChimp(mc_api=daemon.key)
    api.base_url = f"http://127.0.0.1:{daemon.port}/3.0/"
    hooks = api.lists.webhooks
    made = daemon.client().lists.create_list_webhook(daemon.list, {"url": receiver.url, "events": {"profile": True}})
    check(hooks.get(daemon.list, made["id"])["events"]["profile"], "a webhook")
    check(not hooks.update(daemon.list, made["id"], {"events": {"profile": False}})["events"]["profile"], "changed")
    check(hooks.all(daemon.list)["total_items"] == 1, "webhooks")
    hooks.delete(daemon.list, made["id"])


def async_mailchimp3(daemon):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".build/venv/async-mailchimp3")}
    program = ROOT / "scripts/api/async_client.py"
    result = subprocess.run([sys.executable, program, f"http://127.0.0.1:{daemon.port}/3.0/", daemon.key],
                            env=environment, capture_output=True, text=True, timeout=60)
    check(result.returncode == 0, f"async-mailchimp3: {result.stdout}{result.stderr}")


def other_clients(daemon, receiver):
    mailchimp3(daemon)
    webhooks(daemon, receiver)
    async_mailchimp3(daemon)
