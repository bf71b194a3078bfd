"""Webhooks of a list, and what they are told."""
import json

from .serving import Receiver, check, refused, wait_until


def webhooks(lists, list_id, receiver):
    """Webhooks, and that one is told."""
    made = lists.create_list_webhook(list_id, {
        "url": receiver.url, "events": {"subscribe": True, "unsubscribe": True, "sms_subscribe": True},
        "sources": {"api": True}})
    check(made["signing_secret"].startswith("whsec_") and made["signing_enabled"], f"a secret, once: {made}")
    refused(400, lambda: lists.create_list_webhook(list_id, {"url": receiver.url}), "Invalid Resource")
    for url in ("http://127.0.0.1:1/", f"{receiver.url}/*|EMAIL|*", f"{receiver.url}/?a=*|EMAIL|*"):
        refused(400, lambda: lists.create_list_webhook(list_id, {"url": url}))
    refused(400, lambda: lists.update_list_webhook(list_id, made["id"], {"url": f"{receiver.url}/*|UNIQID|*"}))
    shown = lists.get_list_webhook(list_id, made["id"])
    check("signing_secret" not in shown and shown["events"]["subscribe"] and not shown["events"]["profile"], f"{shown}")
    check(lists.get_list_webhooks(list_id)["total_items"] == 1, "one webhook")
    lists.add_list_member(list_id, {"email_address": "told@example.com", "status": "subscribed"})
    check(wait_until(lambda: len(receiver.told()) == 1), "told of one contact")
    changed = lists.update_list_webhook(list_id, made["id"], {"events": {"profile": True, "subscribe": False}})
    check(changed["events"]["profile"] and not changed["events"]["subscribe"], f"other events: {changed}")
    check(changed["events"]["unsubscribe"] and not changed["events"]["cleaned"], f"the others stay: {changed}")
    changed = lists.update_list_webhook(list_id, made["id"], {"sources": {"user": True}})
    check(changed["sources"] == {"user": True, "admin": False, "api": True}, f"so do other sources: {changed}")
    other = lists.create_list_webhook(list_id, {"url": f"{receiver.url}/quiet", "sources": {"api": False}})
    check(other["sources"] == {"user": True, "admin": True, "api": False} and all(other["events"].values()), f"{other}")
    lists.delete_list_webhook(list_id, other["id"])
    lists.delete_list_webhook(list_id, made["id"])
    refused(404, lambda: lists.get_list_webhook(list_id, made["id"]))


def disabling(lists, list_id, notices):
    """A receiver that says it is gone is told nothing more, and the operator is told of that."""
    receiver = Receiver()
    made = lists.create_list_webhook(list_id, {"url": receiver.url, "events": {"subscribe": True}})
    receiver.status = 410
    lists.add_list_member(list_id, {"email_address": "gone@example.com", "status": "subscribed"})
    check(wait_until(notices.told), "a notification comes")
    [[body]] = notices.told().values()
    notice = json.loads(body)
    check(notice["type"] == "webhook.disabled" and notice["data"] == {
        "webhook": made["id"], "audience": list_id, "reason": "the receiver answered 410: it is gone"}, f"{notice}")
    lists.add_list_member(list_id, {"email_address": "after@example.com", "status": "subscribed"})
    lists.delete_list_webhook(list_id, made["id"])
    check(len(receiver.told()) == 1, f"and nothing after that: {receiver.told()}")
