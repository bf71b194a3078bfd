"""Merge fields, groups, and members that have values of them."""
import hashlib

from .serving import check, refused


def fields_and_groups(lists, list_id):
    """Merge fields and interests, and a member that has values of them."""
    fields = lists.get_list_merge_fields(list_id)
    check([field["tag"] for field in fields["merge_fields"]] == ["FNAME", "LNAME"], f"the fields: {fields}")
    made = lists.add_list_merge_field(list_id, {"name": "Size", "type": "dropdown", "tag": "SIZE", "required": True,
                                                "options": {"choices": ["S", "M"]}, "help_text": "How large"})
    check(made["tag"] == "SIZE" and made["options"]["choices"] == ["S", "M"] and made["required"], f"{made}")
    check(lists.get_list_merge_field(list_id, made["merge_id"]) == made, "a field as it was made")
    refused(400, lambda: lists.add_list_merge_field(list_id, {"name": "Size", "type": "text", "tag": "SIZE"}))
    refused(400, lambda: lists.add_list_merge_field(list_id, {"name": "Odd", "type": "odd"}))
    numbered = lists.add_list_merge_field(list_id, {"name": "Home", "type": "address"})
    check(numbered["tag"] == f"MMERGE{numbered['merge_id']}", f"a tag of its own: {numbered}")
    home = {"addr1": "1 Rue", "addr2": "", "city": "Paris", "state": "IDF", "zip": "75001", "country": "FR"}
    refused(400, lambda: lists.add_list_member(list_id, {"email_address": "f@x.org", "status": "subscribed"}),
            "Invalid Resource")
    refused(400, lambda: lists.add_list_member(list_id, {
        "email_address": "f@x.org", "status": "subscribed", "merge_fields": {"SIZE": "XXL"}}))
    member = lists.add_list_member(list_id, {"email_address": "f@x.org", "status": "subscribed",
                                             "merge_fields": {"SIZE": "M", numbered["tag"]: home}})
    check(member["merge_fields"]["SIZE"] == "M" and member["merge_fields"][numbered["tag"]] == home, f"{member}")
    check(lists.update_list_merge_field(list_id, made["merge_id"], {"name": "Shirt", "required": False,
                                                                    "type": None})["name"] == "Shirt", "renamed")
    large = lists.create_segment(list_id, {"name": "large", "options": {"match": "any", "conditions": [
        {"condition_type": "SelectMerge", "field": "SIZE", "op": "is", "value": "M"}]}})
    refused(400, lambda: lists.delete_list_merge_field(list_id, made["merge_id"]), "Invalid Resource")
    check(lists.get_segment(list_id, large["id"])["member_count"] == 1, "the segment that a field is needed for stays")
    lists.delete_segment(list_id, large["id"])
    lists.delete_list_merge_field(list_id, made["merge_id"])
    refused(404, lambda: lists.get_list_merge_field(list_id, made["merge_id"]))
    check("SIZE" not in lists.get_list_member(list_id, "f@x.org")["merge_fields"], "its values are gone")
    category = lists.create_list_interest_category(list_id, {"title": "Colours", "type": "checkboxes"})
    refused(400, lambda: lists.create_list_interest_category(list_id, {"title": "Colours", "type": "checkboxes"}))
    red = lists.create_interest_category_interest(list_id, category["id"], {"name": "red"})
    blue = lists.create_interest_category_interest(list_id, category["id"], {"name": "blue"})
    check(lists.update_interest_category(list_id, category["id"], {"title": "Tones", "type": "checkboxes"})["title"]
          == "Tones", "the category's new title")
    refused(400, lambda: lists.update_interest_category_interest(list_id, category["id"], blue["id"], {"name": "red"}),
            "Invalid Resource")
    check(lists.update_interest_category_interest(list_id, category["id"], blue["id"], {"name": "navy"})["name"] == "navy",
          "the group's new name")
    lists.update_interest_category_interest(list_id, category["id"], blue["id"], {"name": "blue"})
    check(lists.get_interest_category(list_id, category["id"])["title"] == "Tones", "a category")
    check(lists.get_interest_category_interest(list_id, category["id"], red["id"]) == red, "a group")
    green = lists.create_interest_category_interest(list_id, category["id"], {"name": "green"})
    lists.delete_interest_category_interest(list_id, category["id"], green["id"])
    refused(404, lambda: lists.get_interest_category_interest(list_id, category["id"], green["id"]))
    member = lists.update_list_member(list_id, "f@x.org", {"interests": {red["id"]: True}})
    check(member["interests"] == {red["id"]: True, blue["id"]: False}, f"its groups: {member['interests']}")
    refused(400, lambda: lists.update_list_member(list_id, "f@x.org", {"interests": {"0123456789": True}}))
    shown = lists.list_interest_category_interests(list_id, category["id"])
    check([(one["name"], one["subscriber_count"]) for one in shown["interests"]] == [("red", "1"), ("blue", "0")],
          f"the groups and who is in them: {shown}")
    found = lists.get_list_members_info(list_id, interest_category_id=category["id"], interest_ids=[red["id"]],
                                        interest_match="all")
    check([one["email_address"] for one in found["members"]] == ["f@x.org"], f"who is in red: {found}")
    lists.delete_interest_category(list_id, category["id"])
    check(lists.get_list_interest_categories(list_id)["total_items"] == 0, "the category is gone")
    lists.delete_list_member_permanent(list_id, hashlib.md5(b"f@x.org").hexdigest())
    refused(404, lambda: lists.get_list_member(list_id, "f@x.org"))
    for address in ["f@x.org", "F@X.org"]:
        refused(400, lambda: lists.add_list_member(list_id, {"email_address": address, "status": "subscribed"}),
                "Forgotten Email Not Subscribed")
