"""What members did elsewhere, and members that are searched for."""
import hashlib

from .serving import check, refused


def events(client, list_id):
    lists = client.lists
    lists.set_list_member(list_id, "grace@example.com", {
        "email_address": "grace@example.com", "status_if_new": "subscribed", "merge_fields": {"FNAME": "Grace"}})
    hash = hashlib.md5(b"grace@example.com").hexdigest()
    lists.create_list_member_event(list_id, hash, {"name": "app_opened", "occurred_at": "2026-01-02T03:04:05+00:00",
                                                   "properties": {"os": "plan 9"}, "is_syncing": True})
    lists.create_list_member_event(list_id, hash, {"name": "bought"})
    found = lists.get_list_member_events(list_id, hash)
    check(found["total_items"] == 2 and [one["name"] for one in found["events"]] == ["bought", "app_opened"],
          f"events, the latest first: {found}")
    check(found["events"][1] == {"occurred_at": "2026-01-02T03:04:05+00:00", "name": "app_opened",
                                 "properties": {"os": "plan 9"}, "is_syncing": True}, f"as it was told: {found}")
    page = lists.get_list_member_events(list_id, hash, count=1, offset=1, fields=["events.name"])
    check(page == {"events": [{"name": "app_opened"}]}, f"a page of events: {page}")
    for odd in ({"name": "x"}, {"name": "no blanks"}, {"name": "ok", "properties": {"n": 1}}, {},
                {"name": "ok", "occurred_at": "yesterday"}, {"name": "ok", "properties": {"p": "x" * 20_000}}):
        refused(400, lambda: lists.create_list_member_event(list_id, hash, odd), "Invalid Resource")
    refused(404, lambda: lists.create_list_member_event(list_id, "0" * 32, {"name": "bought"}))
    grace = lists.get_list_member(list_id, hash)
    check(lists.get_list_member(list_id, grace["contact_id"]) == grace, "grace by her contact_id")
    check(grace["stats"]["avg_open_rate"] == 0 and "ecommerce_data" not in grace["stats"], f"stats: {grace['stats']}")


def search(client, list_id):
    found = client.searchMembers.search("grace@example.com")
    check([one["full_name"] for one in found["exact_matches"]["members"]] == ["Grace"]
          and found["full_search"]["total_items"] == 0, f"grace by her address: {found}")
    found = client.searchMembers.search("grac", list_id=list_id)
    check(found["exact_matches"]["total_items"] == 0
          and [one["email_address"] for one in found["full_search"]["members"]] == ["grace@example.com"],
          f"grace by a part of it: {found}")
    refused(404, lambda: client.searchMembers.search("grace", list_id="0123456789"))
    refused(400, lambda: client.searchMembers.search(""), "Invalid Resource")
