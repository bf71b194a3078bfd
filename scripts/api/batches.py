"""Batches of operations: done in order, with the key's own rights, over a death too, and forgotten with a member."""
import hashlib
import io
import json
import signal
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request

from .serving import Receiver, check, refused, wait_until


def member(list_id, address):
    return {"method": "PUT", "path": f"/lists/{list_id}/members/{hashlib.md5(address.encode()).hexdigest()}",
            "operation_id": address, "body": json.dumps({"email_address": address, "status_if_new": "subscribed"})}


def finished(client, batch):
    wait_until(lambda: client.batches.status(batch["id"])["status"] == "finished", 60)
    return client.batches.status(batch["id"])


def results(url):
    """What the archive at a link holds, without a key."""
    archive = tarfile.open(fileobj=io.BytesIO(urllib.request.urlopen(url).read()), mode="r:gz")
    files = [archive.extractfile(entry) for entry in archive if entry.isfile()]
    return [result for file in files for result in json.loads(file.read())]


def status_of(url):
    try:
        return urllib.request.urlopen(url).status
    except urllib.error.HTTPError as error:
        return error.code


def batches(client, daemon, receiver):
    list_id = daemon.list
    asked = client.batches.start({"operations": [
        member(list_id, "one@example.com"),
        {"method": "GET", "path": f"lists/{list_id}/members", "operation_id": "page",
         "params": {"count": 1, "fields": "members.email_address,total_items", "vip_only": False}},
        {"method": "POST", "path": f"/3.0/lists/{list_id}/members", "operation_id": "again",
         "body": json.dumps({"email_address": "one@example.com", "status": "subscribed"})},
        {"method": "GET", "path": "/nowhere", "operation_id": "lost"},
        {"method": "POST", "path": "/batches", "operation_id": "nested", "body": '{"operations": []}'},
        {"method": "DELETE", "path": f"/lists/{list_id}/members/{hashlib.md5(b'one@example.com').hexdigest()}"}]})
    check(asked["total_operations"] == 6 and asked["submitted_at"] and asked["response_body_url"] == "", f"{asked}")
    done = finished(client, asked)
    check((done["finished_operations"], done["errored_operations"]) == (6, 3) and done["completed_at"], f"{done}")
    came = results(done["response_body_url"])
    check([one["status_code"] for one in came] == [200, 200, 400, 404, 400, 204], f"in their order: {came}")
    names = [one["operation_id"] for one in came]
    check(names == ["one@example.com", "page", "again", "lost", "nested", ""], f"by their names: {names}")
    page = json.loads(came[1]["response"])
    check(set(page) == {"members", "total_items"} and len(page["members"]) == 1, f"its parameters are heard: {page}")
    check(json.loads(came[2]["response"])["title"] == "Member Exists", f"an answer as it would be: {came[2]}")
    check(client.lists.get_list_member(list_id, "one@example.com")["status"] == "archived", "the last was done last")
    links(client, daemon, done)
    listed = client.batches.list(count=1)
    check(listed["batches"][0]["id"] == asked["id"] and listed["total_items"] == 1, f"the batches: {listed}")
    refusals(client, daemon)
    scopes(daemon)
    erased(client, daemon)
    told(client, daemon, receiver)
    client.batches.delete_request(asked["id"])
    refused(404, lambda: client.batches.status(asked["id"]), "Resource Not Found")
    refused(404, lambda: client.batches.delete_request(asked["id"]), "Resource Not Found")


def links(client, daemon, done):
    """A link is good for its batch, as long as it says."""
    url = done["response_body_url"]
    check(status_of(url) == 200 and url.startswith(f"http://127.0.0.1:{daemon.port}/"), f"a link: {url}")
    expires = int(url.split("expires=")[1].split("&")[0])
    check(0 < expires - time.time() <= 600, "good for ten minutes")
    other = url[:-1] + ("0" if url[-1] != "0" else "1")
    for odd in (other, url.replace(f"expires={expires}", f"expires={expires + 60}"),
                url.split("?")[0], url.replace(done["id"], "0123456789"), url.split("&")[0], url + "00"):
        check(status_of(odd) == 403, f"a link that nobody made: {odd}")
    check(status_of(f"http://127.0.0.1:{daemon.port}/3.0/batches/{done['id']}") == 401, "the batch itself needs a key")


def refusals(client, daemon):
    for odd in ({}, {"operations": []}, {"operations": [{"method": "TRACE", "path": "/ping"}]},
                {"operations": [{"method": "GET"}]}, {"operations": [{"method": "GET", "path": "/a b"}]},
                {"operations": [{"method": "GET", "path": "/ping", "body": {"a": 1}}]},
                {"operations": [{"method": "GET", "path": "/ping"}] * 10_001}):
        refused(400, lambda: client.batches.start(odd), "Invalid Resource")
    refused(403, lambda: daemon.client("view").batches.start({"operations": [{"method": "GET", "path": "/ping"}]}))


def scopes(daemon):
    """An operation may do what its key may."""
    client = daemon.client("send")
    done = finished(client, client.batches.start({"operations": [
        {"method": "GET", "path": "/lists"}, {"method": "DELETE", "path": f"/lists/{daemon.list}"},
        member(daemon.list, "two@example.com")]}))
    codes = [one["status_code"] for one in results(done["response_body_url"])]
    check(codes == [200, 403, 200], f"a key that sends deletes no list: {codes}")


def erased(client, daemon):
    """Who is deleted for good is in no batch any more."""
    address = "gone+1@example.com"
    done = finished(client, client.batches.start({"operations": [
        member(daemon.list, address), {"method": "GET", "path": "/ping", "operation_id": "other"}]}))
    client.lists.delete_list_member_permanent(daemon.list, hashlib.md5(address.encode()).hexdigest())
    came = results(client.batches.status(done["id"])["response_body_url"])
    check([one["status_code"] for one in came] == [200, 200] and "gone+1" not in came[0]["response"]
          and json.loads(came[1]["response"])["health_status"], f"its result is gone, others stay: {came}")
    member_id = hashlib.md5(b"batched@example.com").hexdigest()
    done = finished(client, client.batches.start({"operations": [
        member(daemon.list, "batched@example.com"),
        {"method": "POST", "operation_id": "for good",
         "path": f"/lists/{daemon.list}/members/{member_id}/actions/delete-permanent"}]}))
    check(done["errored_operations"] == 0, f"a batch may delete for good: {done}")
    came = results(done["response_body_url"])
    check([(one["status_code"], one["operation_id"], one["response"]) for one in came[1:]] == [(204, "for good", "")]
          and "batched" not in json.dumps(came), f"and has its own result of that: {came}")
    held = [path for path in daemon.data.glob("batches.sqlite*") if b"gone+1@example.com" in path.read_bytes()]
    check(not held, f"it is in {held}")
    check(all(path.stat().st_mode & 0o777 == 0o600 for path in daemon.data.glob("batches.sqlite*")), "0600")


def told(client, daemon, receiver):
    """Batch webhooks: told once of each batch that is finished, signed, with a link."""
    api = client.batchWebhooks
    before = set(receiver.told())
    refused(400, lambda: api.create({"enabled": True}), "Invalid Resource")
    for url in ("http://127.0.0.1:1/", f"{receiver.url}/*|EMAIL|*", f"{receiver.url}/?a=*|UNIQID|*"):
        refused(400, lambda: api.create({"url": url}), "Invalid Resource")
    refused(403, lambda: daemon.client("send").batchWebhooks.create({"url": receiver.url}))
    made = api.create({"url": receiver.url})
    check(made["enabled"] is True and made["signing_secret"].startswith("whsec_"), f"a secret, once: {made}")
    refused(400, lambda: api.create({"url": receiver.url}), "Invalid Resource")
    refused(400, lambda: api.update(made["id"], {"url": f"{receiver.url}/*|EMAIL|*"}), "Invalid Resource")
    shown = {key: value for key, value in made.items() if key != "signing_secret"}
    check(api.get(made["id"]) == shown and api.list()["webhooks"] == [shown], "as it was made, without the secret")
    other = Receiver()
    kept = finished(client, client.batches.start({"operations": [
        {"method": "POST", "path": path, "body": json.dumps({"url": other.url})}
        for path in (f"/lists/{daemon.list}/webhooks", "/batch-webhooks")]}))
    came = results(kept["response_body_url"])
    check([one["status_code"] for one in came] == [200, 200] and "whsec_" not in json.dumps(came), f"no secret is kept: {came}")
    for one, forget in zip(came, (lambda id: client.lists.delete_list_webhook(daemon.list, id), api.remove)):
        forget(json.loads(one["response"])["id"])
    check(wait_until(lambda: len(set(receiver.told()) - before) == 1), "told of the first")
    before = set(receiver.told())
    done = finished(client, client.batches.start({"operations": [{"method": "GET", "path": "/nowhere"}]}))
    check(wait_until(lambda: len(set(receiver.told()) - before) == 1), "told of one batch")
    body = urllib.parse.parse_qs(receiver.told()[(set(receiver.told()) - before).pop()][0].decode())
    link = body.pop("data[response_body_url]")[0]
    fired = done["completed_at"][:-6].replace("T", " ")
    check(body == {"type": ["batch_operation_completed"], "data[id]": [done["id"]], "data[status]": ["finished"],
                   "data[total_operations]": ["1"], "data[finished_operations]": ["1"],
                   "data[errored_operations]": ["1"], "data[submitted_at]": [done["submitted_at"]],
                   "data[completed_at]": [done["completed_at"]], "fired_at": [fired]},
          f"in these words: {body}")
    check([one["status_code"] for one in results(link)] == [404], "with a link that is good")
    check(api.update(made["id"], {"enabled": False})["enabled"] is False, "disabled")
    finished(client, client.batches.start({"operations": [{"method": "GET", "path": "/ping"}]}))
    check(api.update(made["id"], {"enabled": True})["enabled"] is True, "enabled")
    finished(client, client.batches.start({"operations": [{"method": "GET", "path": "/ping"}]}))
    check(wait_until(lambda: len(set(receiver.told()) - before) == 2), "told of what is finished since, and no more")
    more = [api.create({"url": f"{receiver.url}/{number}", "enabled": False})["id"] for number in range(19)]
    refused(400, lambda: api.create({"url": f"{receiver.url}/20"}), "Invalid Action")
    check(api.list(count=5, offset=18)["total_items"] == 20, "20 at most")
    for id in [made["id"], *more]:
        api.remove(id)
    refused(404, lambda: api.get(made["id"]), "Resource Not Found")
    check(len(set(receiver.told()) - before) == 2, "nothing else was told")


def retired(client, notices):
    """A receiver that says it is gone is told nothing more, and the operator is told of that."""
    receiver, before = Receiver(), sum(notices.told().values(), [])
    made = client.batchWebhooks.create({"url": receiver.url})
    receiver.status = 410
    finished(client, client.batches.start({"operations": [{"method": "GET", "path": "/ping"}]}))
    check(wait_until(lambda: len(sum(notices.told().values(), [])) > len(before)), "a notification comes")
    [body] = [body for body in sum(notices.told().values(), []) if body not in before]
    check(json.loads(body)["data"] == {"webhook": made["id"], "audience": "",
                                       "reason": "the receiver answered 410: it is gone"}, f"it says why: {body}")
    check(client.batchWebhooks.get(made["id"])["enabled"] is False, "it is disabled")
    client.batchWebhooks.remove(made["id"])


def through_a_kill(daemon):
    """What was taken is done, each operation once, whenever the daemon dies."""
    client, count = daemon.client(), 400
    batch = client.batches.start({"operations": [
        {"method": "POST", "path": f"/lists/{daemon.list}/members", "operation_id": str(number),
         "body": json.dumps({"email_address": f"batch{number}@example.org", "status": "subscribed"})}
        for number in range(count)]})
    for part in (3, 2):
        wait_until(lambda: daemon.client().batches.status(batch["id"])["finished_operations"] >= count / part)
        daemon.end(signal.SIGKILL)
        daemon.start()
    client = daemon.client()
    done = finished(client, batch)
    check(done["finished_operations"] == count and done["status"] == "finished", f"all is done: {done}")
    came = results(done["response_body_url"])
    check([one["operation_id"] for one in came] == [str(number) for number in range(count)], "in order")
    twice = [one for one in came if one["status_code"] != 200]
    check(len(twice) <= 2 and done["errored_operations"] == len(twice), f"what was under way was tried again: {twice}")
    check(all(json.loads(one["response"])["title"] == "Member Exists" for one in twice), f"and had been done: {twice}")
    found = client.searchMembers.search("@example.org", list_id=daemon.list)["full_search"]["total_items"]
    check(found == count, f"each is a member: {found}")
