"""async-mailchimp3 against the daemon at a base URL, with a key: a program, which ends with 0 when all is well."""
import asyncio
import sys

from mailchimp3 import MailChimp

LIST = {"name": "Asynchronous", "permission_reminder": "x", "email_type_option": False,
        "contact": {"company": "C", "address1": "1", "city": "Paris", "state": "", "zip": "", "country": "FR"},
        "campaign_defaults": {"from_name": "A", "from_email": "a@example.com", "subject": "", "language": "en"}}


async def use(base, key):
    api = MailChimp(mc_api=key)
    api.base_url = base
    assert (await api.root.get())["account_name"]
    list_id = (await api.lists.create(LIST))["id"]
    # Many at once, as its users do.
    members = [api.lists.members.create(list_id, {"email_address": f"a{number}@example.com", "status": "subscribed"})
               for number in range(20)]
    assert len({member["id"] for member in await asyncio.gather(*members)}) == 20
    assert len((await api.lists.members.all(list_id, get_all=True))["members"]) == 20
    changed = await api.lists.members.update(list_id, "a1@example.com", {"merge_fields": {"FNAME": "Ada"}})
    assert changed["full_name"] == "Ada"
    await api.lists.members.create_or_update(list_id, "a1@example.com", {
        "email_address": "a1@example.com", "status_if_new": "subscribed"})
    await api.lists.members.delete(list_id, "a2@example.com")
    segment = await api.lists.segments.create(list_id, {"name": "few", "static_segment": ["a1@example.com"]})
    assert (await api.lists.segments.members.all(list_id, segment["id"]))["total_items"] == 1
    await api.lists.segments.delete(list_id, segment["id"])
    field = await api.lists.merge_fields.create(list_id, {"name": "Size", "type": "number"})
    await api.lists.merge_fields.delete(list_id, field["merge_id"])
    category = (await api.lists.interest_categories.create(list_id, {"title": "T", "type": "checkboxes"}))["id"]
    await api.lists.interest_categories.interests.create(list_id, category, {"name": "x"})
    assert (await api.lists.interest_categories.interests.all(list_id, category))["total_items"] == 1
    assert (await api.lists.webhooks.all(list_id))["total_items"] == 0
    found = await api.search_members.get(query="a1@example.com")
    assert found["exact_matches"]["total_items"] == 1
    batch = await api.batches.create({"operations": [{"method": "GET", "path": "ping"}]})
    for _ in range(200):
        status = (await api.batches.get(batch["id"]))["status"]
        if status == "finished":
            break
        await asyncio.sleep(0.05)
    assert status == "finished", status
    await api.lists.delete(list_id)


asyncio.run(use(*sys.argv[1:]))
