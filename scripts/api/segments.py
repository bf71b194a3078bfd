"""Saved and static segments."""
import hashlib

from .serving import check, refused


def segments(lists, list_id):
    """Saved and static segments, and who is in them."""
    static = lists.create_segment(list_id, {"name": "team", "static_segment": ["ada@example.com", "none@example.com"]})
    check(static["type"] == "static" and static["member_count"] == 1, f"a static segment: {static}")
    refused(400, lambda: lists.create_segment(list_id, {"name": "TEAM", "static_segment": []}), "Invalid Resource")
    result = lists.batch_segment_members({"members_to_add": ["batch1@example.com", "nobody@example.com"],
                                          "members_to_remove": ["ada@example.com"]}, list_id, static["id"])
    check((result["total_added"], result["total_removed"], result["error_count"]) == (1, 1, 1), f"a batch: {result}")
    check(result["errors"][0]["email_addresses"] == ["nobody@example.com"], f"and who is not there: {result}")
    lists.create_segment_member(list_id, static["id"], {"email_address": "batch2@example.com"})
    shown = lists.get_segment_members_list(list_id, static["id"])
    check([one["email_address"] for one in shown["members"]] == ["batch1@example.com", "batch2@example.com"], f"{shown}")
    lists.remove_segment_member(list_id, static["id"], hashlib.md5(b"batch1@example.com").hexdigest())
    check(lists.get_segment(list_id, static["id"])["member_count"] == 1, "one is left")
    later = "2100-01-01T00:00:00+00:00"
    check(lists.list_segments(list_id, type="static", since_created_at=later)["total_items"] == 0, "none since then")
    check(lists.list_segments(list_id, type="static", before_created_at=later)["total_items"] > 0, "all before")
    saved = lists.create_segment(list_id, {"name": "batch", "options": {"match": "all", "conditions": [
        {"condition_type": "EmailAddress", "field": "EMAIL", "op": "starts", "value": "batch1"},
        {"field": "EMAIL", "op": "notcontain", "value": "batch19"}]}})
    check(saved["type"] == "saved" and saved["member_count"] == 111 - 11, f"a saved segment: {saved}")
    check(saved["options"]["match"] == "all" and len(saved["options"]["conditions"]) == 2, f"its conditions: {saved}")
    check(lists.get_segment_members_list(list_id, saved["id"], count=3)["total_items"] == 100, "its members")
    changed = lists.update_segment(list_id, saved["id"], {"name": "other", "options": {"match": "any", "conditions": [
        {"field": "EMAIL", "op": "is", "value": "ada@example.com"}]}})
    check(changed["name"] == "other" and changed["member_count"] == 1, f"changed: {changed}")
    refused(400, lambda: lists.create_segment(list_id, {"name": "odd", "options": {"match": "all", "conditions": [
        {"condition_type": "EcommSpent", "field": "ecomm_spent_all", "op": "greater", "value": 5}]}}))
    refused(400, lambda: lists.create_segment(list_id, {"name": "many", "options": {"match": "all", "conditions": [
        {"field": "EMAIL", "op": "is", "value": "x"}] * 11}}))
    refused(400, lambda: lists.create_segment_member(list_id, saved["id"], {"email_address": "ada@example.com"}))
    listed = lists.list_segments(list_id, type="saved")
    check(listed["total_items"] == 1 and listed["segments"][0]["name"] == "other", f"the saved ones: {listed}")
    lists.delete_segment(list_id, saved["id"])
    refused(404, lambda: lists.get_segment(list_id, saved["id"]))
