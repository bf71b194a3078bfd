"""Members of a list and their tags."""
import datetime
import hashlib
import threading
import time

from mailchimp_marketing.api_client import ApiClientError

from .serving import check, refused


def members(lists, list_id):
    """Members and their tags, through every call there is."""
    hash = hashlib.md5(b"bob@example.com").hexdigest()
    bob = lists.add_list_member(list_id, {
        "email_address": "Bob@Example.com", "status": "subscribed", "merge_fields": {"FNAME": "Bob"}, "tags": ["vip"],
        "language": "fr", "vip": True, "ip_signup": "192.0.2.1", "location": {"latitude": 48.8, "longitude": 2.3}})
    check(bob["id"] == hash and bob["email_address"] == "Bob@Example.com", f"bob's hash and address: {bob}")
    check(bob["merge_fields"] == {"FNAME": "Bob", "LNAME": ""} and bob["full_name"] == "Bob", f"bob's fields: {bob}")
    check([tag["name"] for tag in bob["tags"]] == ["vip"] and bob["vip"] is True, f"bob's tags: {bob}")
    check(bob["location"]["latitude"] == 48.8 and bob["language"] == "fr", f"bob's location: {bob}")
    refused(400, lambda: lists.add_list_member(list_id, {"email_address": "bob@example.com", "status": "subscribed"}),
            "Member Exists")
    check(lists.get_list_member(list_id, hash)["id"] == hash, "bob by his hash")
    check(lists.get_list_member(list_id, "bob@example.com")["id"] == hash, "bob by his address")
    changed = lists.update_list_member(list_id, hash, {"merge_fields": {"LNAME": "Marley"}})
    check(changed["full_name"] == "Bob Marley" and changed["vip"] is True, f"bob changed: {changed}")
    eve = lists.set_list_member(list_id, hashlib.md5(b"eve@example.com").hexdigest(), {
        "email_address": "eve@example.com", "status_if_new": "pending"})
    check(eve["status"] == "pending", f"eve is new and pending: {eve}")
    check(lists.set_list_member(list_id, eve["id"], {"status": "subscribed"})["status"] == "subscribed", "eve confirms")
    lists.update_list_member_tags(list_id, hash, {"tags": [{"name": "vip", "status": "inactive"},
                                                           {"name": "new", "status": "active"}]})
    tags = lists.get_list_member_tags(list_id, hash)
    check([tag["name"] for tag in tags["tags"]] == ["new"] and tags["total_items"] == 1, f"bob's tags: {tags}")
    added = datetime.datetime.fromisoformat(tags["tags"][0]["date_added"]).timestamp()
    check(abs(time.time() - added) < 60, f"and when it was put on: {tags}")
    check({tag["name"] for tag in lists.tag_search(list_id)["tags"]} == {"vip", "new"}, "all tags")
    check([tag["name"] for tag in lists.tag_search(list_id, name="ne")["tags"]] == ["new"], "tags that begin so")
    page = lists.get_list_members_info(list_id, count=2, fields=["members.email_address", "total_items"])
    check(page == {"members": [{"email_address": "ada@example.com"}, {"email_address": "Bob@Example.com"}],
                   "total_items": 3}, f"a page with two fields: {page}")
    lists.delete_list_member(list_id, hash)
    check(lists.get_list_member(list_id, hash)["status"] == "archived", "bob is archived")
    check(lists.get_list_members_info(list_id)["total_items"] == 2, "who is archived is not listed")
    check(lists.get_list_members_info(list_id, status="archived")["total_items"] == 1, "but by that status")
    refused(404, lambda: lists.get_list_member(list_id, "0" * 32), "Resource Not Found")
    refused(400, lambda: lists.add_list_member(list_id, {"email_address": "none", "status": "subscribed"}),
            "Invalid Resource")
    refused(400, lambda: lists.add_list_member(list_id, {"email_address": "x@y.org", "status": "sold"}))
    for status in ("", None):
        refused(400, lambda: lists.add_list_member(list_id, {"email_address": "x@y.org", "status": status}))
    unasked = lists.batch_list_members(list_id, {"members": [{"email_address": "x@y.org"}]})
    check(unasked["error_count"] == 1 and unasked["errors"][0]["field"] == "status", f"nobody is subscribed: {unasked}")
    batch = lists.batch_list_members(list_id, {"update_existing": False, "members": [
        {"email_address": f"batch{number}@example.com", "status": "subscribed"} for number in range(200)] + [
        {"email_address": "ada@example.com", "status": "subscribed"}, {"email_address": "none", "status": "subscribed"}]})
    check(batch["total_created"] == 200 and batch["error_count"] == 2, "a batch of 200, of which two are refused")
    check([error["error_code"] for error in batch["errors"]] == ["ERROR_CONTACT_EXISTS", "ERROR_GENERIC"], "and why")
    refused(400, lambda: lists.batch_list_members(list_id, {"members": [
        {"email_address": f"{number}@x.org"} for number in range(501)]}))


def by_hash_at_once(daemon):
    """Who has just been added is found by its hash, whoever else adds members meanwhile."""
    missing = []

    def add(turn):
        lists = daemon.client().lists
        for number in range(25):
            address = f"hashed{turn}x{number}@example.com"
            lists.add_list_member(daemon.list, {"email_address": address, "status": "subscribed"})
            try:
                lists.update_list_member(daemon.list, hashlib.md5(address.encode()).hexdigest(), {"vip": True})
            except ApiClientError as error:
                missing.append((address, error.status_code))
    threads = [threading.Thread(target=add, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not missing, f"all are found by their hashes: {missing}")
