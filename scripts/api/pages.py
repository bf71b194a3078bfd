"""The pages that contacts see, the links to them, and what webhooks are told of contacts, campaigns and imports."""
import hashlib
import html
import http.client
import json
import re
import urllib.parse

from .serving import Receiver, check, refused, wait_until

PUBLIC = "https://news.example.com/club"


class Browser:
    """Asks for pages as a browser does that runs nothing and keeps nothing."""

    def __init__(self, daemon):
        self.daemon = daemon

    def ask(self, method, path, body=None, kind="application/x-www-form-urlencoded"):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=20)
        try:
            connection.request(method, path, body, {"Content-Type": kind} if body is not None else {})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if not path.startswith("/3.0"):
            headers = response.headers
            check(headers["Content-Type"] == "text/html; charset=utf-8", f"{method} {path} is a page: {text[:200]}")
            policy = headers["Content-Security-Policy"] or ""
            for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
                check(part in policy, f"{path}: {part} in {policy}")
            check((headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store"), f"{path}: kept")
            check("Set-Cookie" not in headers and "<script" not in text, f"{path}: no cookie, no script")
        return response.status, text

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, **fields):
        return self.ask("POST", path, urllib.parse.urlencode({name.replace("__", "."): value
                                                              for name, value in fields.items()}))


def escaped(text):
    return html.escape(text).replace("&#x27;", "&#39;")


def decoded(receiver, kind=None):
    """What a webhook was told, in any order: each body by its keys."""
    bodies = [dict(urllib.parse.parse_qsl(bodies[0].decode(), keep_blank_values=True))
              for bodies in receiver.told().values()]
    return [body for body in bodies if kind in (None, body["type"])]


def local(url):
    check(url.startswith(PUBLIC + "/"), f"a link begins with the public URL: {url}")
    return url.removeprefix(PUBLIC)


def links(daemon, address):
    """The links that a job makes for a contact."""
    (daemon.folder / "links.yaml").write_text(
        'fanfare: 1\nname: links\naudience: {name: customers, statuses: [subscribed, unsubscribed, cleaned, pending]}\n'
        'webhook: {url: "http://127.0.0.1:9/", data: {leave: "*|UNSUB|*", change: "*|UPDATE_PROFILE|*", '
        'join: "*|LIST:SUBSCRIBE|*"}}\n')
    shown = json.loads(daemon.run("preview", "links.yaml", "--json", "--contact", address, "--public-url", PUBLIC))
    return {name: local(url) for name, url in json.loads(shown["requests"][0]["body"]).items()}


def sign_up(daemon, browser, lists, told):
    list_id, path = daemon.list, f"/subscribe/{daemon.list}"
    status, text = browser.get(path)
    check(status == 200 and 'name="m.FNAME"' in text and 'name="m.LNAME"' not in text, f"fields that are public: {text}")
    check('<label for="email">' in text and 'lang="en"' in text and "customers" in text, "labels and a title")
    check(browser.ask("HEAD", path) == (200, ""), "HEAD has no body")

    first = browser.post(path, email="new@example.com", m__FNAME='<b>"New\'', m__SCORE="7")
    check(first[0] == 200 and "Thank you" in first[1], f"signed up: {first}")
    check(wait_until(lambda: decoded(told, "subscribe")), "told of the sign-up")
    event = decoded(told, "subscribe")[0]
    check((event["data[email]"], event["data[merges][FNAME]"]) == ("new@example.com", '<b>"New\''), f"as given: {event}")
    member = lists.get_list_member(list_id, "new@example.com")
    check(member["status"] == "subscribed" and member["ip_signup"] == "127.0.0.1", f"the member: {member}")

    again = browser.post(path, email="NEW@example.com", m__FNAME="Other")
    check(again == first, "who is a member already is answered as others are")
    check(lists.get_list_member(list_id, "new@example.com")["merge_fields"]["FNAME"] == '<b>"New\'', "and stays as it is")
    status, text = browser.post(path, email="ada@example", m__FNAME='"><i>', m__SCORE="many")
    check(status == 400 and "<i>" not in text and escaped('"><i>') in text, f"what was given, escaped: {text}")
    check("valid e-mail" in browser.post(path, email="ada", m__FNAME="A")[1], "an address that is none")
    check("fill this in" in browser.post(path, email="x@example.com", m__FNAME=" ")[1], "a field that is required")
    check(browser.post(path, email="robot@example.com", m__FNAME="R", message="http://spam") == first, "a robot is thanked")
    check(lists.get_list_members_info(list_id)["total_items"] == 2, "and is no member")
    for body in (b"%ff=%fe", b"\xff\xfe", b"email=%00", b"&" * 100, b"email=a%40b.org&email"):
        check(browser.ask("POST", path, body)[0] == 400, f"an odd form: {body}")
    check(browser.ask("POST", path, b"x" * 200_000)[0] == 413, "a form that is too large")
    for unknown in ("/subscribe/0123456789", "/subscribe/..%2f", f"/subscribe/{list_id}%00"):
        check(browser.get(unknown)[0] == 404, f"no list: {unknown}")


def confirmed(daemon, browser, lists, told):
    """Where sign-ups are confirmed: whoever signs up waits, and nobody is told before that."""
    list_id, before = daemon.list, len(decoded(told))
    check(lists.update_list(list_id, {"double_optin": True})["double_optin"], "sign-ups are to be confirmed")
    status, text = browser.post(f"/subscribe/{list_id}", email="wait@example.com", m__FNAME="Wait")
    check(status == 200 and "Thank you" in text, f"it is thanked: {text}")
    check(lists.get_list_member(list_id, "wait@example.com")["status"] == "pending", "and waits")
    check("not confirmed" in browser.get(links(daemon, "wait@example.com")["change"])[1], "its page says so")
    check(len(decoded(told)) == before, "nobody is told")
    lists.update_list(list_id, {"double_optin": False})
    browser.post(f"/subscribe/{list_id}", email="wait@example.com", m__FNAME="Wait")
    check(lists.get_list_member(list_id, "wait@example.com")["status"] == "subscribed", "without that it is in at once")
    check(wait_until(lambda: len(decoded(told)) == before + 1), "and that is told")
    lists.delete_list_member_permanent(list_id, hashlib.md5(b"wait@example.com").hexdigest())


def preferences(daemon, browser, lists, told):
    list_id = daemon.list
    groups = {}
    for kind in ("checkboxes", "radio", "dropdown", "hidden"):
        made = lists.create_list_interest_category(list_id, {"title": f"<{kind}>", "type": kind})
        check(made["type"] == kind, f"a category of {kind}: {made}")
        names = [lists.create_interest_category_interest(list_id, made["id"], {"name": f"{kind} {n}"}) for n in (1, 2)]
        groups[kind] = (made["id"], [one["id"] for one in names])
    path = links(daemon, "new@example.com")["change"]
    status, text = browser.get(path)
    check(status == 200 and "new@example.com" in text and escaped('<b>"New\'') in text, f"the values: {text}")
    check("&lt;radio&gt;" in text and "&lt;hidden&gt;" not in text, "categories but the hidden one")
    (_, boxes), (radio, radios), (menu, menus) = groups["checkboxes"], groups["radio"], groups["dropdown"]
    answers = {"m.FNAME": "Néa & Co", "m.LNAME": "", "m.SCORE": "8", f"g.{boxes[1]}": "1", f"c.{radio}": radios[0],
               f"c.{menu}": menus[1], "language": "fr"}
    status, text = browser.post(path, **{name.replace(".", "__"): value for name, value in answers.items()})
    check(status == 200 and "are saved" in text and "Néa &amp; Co" in text, f"saved: {text}")
    member = lists.get_list_member(list_id, "new@example.com")
    chosen = {id for id, isIn in member["interests"].items() if isIn}
    check(chosen == {boxes[1], radios[0], menus[1]} and member["language"] == "fr", f"what was chosen: {member}")
    check(member["merge_fields"]["SCORE"] == 8 and member["merge_fields"]["FNAME"] == "Néa & Co", f"the values: {member}")
    check(wait_until(lambda: decoded(told, "profile")), "told of the change")
    check(decoded(told, "profile")[0]["data[merges][FNAME]"] == "Néa & Co", "with the new values")
    check(browser.post(path, m__FNAME="")[0] == 400, "what is required cannot be emptied")
    browser.post(path, m__FNAME="Néa & Co", **{f"c__{radio}": radios[1]})
    chosen = {id for id, isIn in lists.get_list_member(list_id, "new@example.com")["interests"].items() if isIn}
    check(chosen == {radios[1], menus[1]}, f"other choices: {chosen}")


def unsubscribe(daemon, browser, lists, told):
    list_id = daemon.list
    found = links(daemon, "new@example.com")
    path = found["leave"]
    for _ in range(2):
        status, text = browser.get(path)
        check(status == 200 and "n•••@example.com" in text and "new@" not in text, f"one question: {text}")
    check(browser.ask("HEAD", path)[0] == 200 and browser.get(found["change"])[0] == 200, "and other looks")
    check(lists.get_list_member(list_id, "new@example.com")["status"] == "subscribed", "a look changes nothing")
    check(not decoded(told, "unsubscribe"), "and tells nothing")
    status, text = browser.ask("POST", path, b"List-Unsubscribe=One-Click")
    check(status == 200 and "You are unsubscribed" in text, f"one click: {text}")
    check(lists.get_list_member(list_id, "new@example.com")["status"] == "unsubscribed", "it is out")
    check(wait_until(lambda: decoded(told, "unsubscribe")), "told of it")
    event = decoded(told, "unsubscribe")[0]
    check((event["data[email]"], event["data[action]"]) == ("new@example.com", "unsub"), f"told: {event}")
    form = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    check(browser.ask("POST", path, form, "multipart/form-data; boundary=b")[1] == text, "once more, as other programs do")
    check(browser.get(path)[1] == text, "and a look says so")
    check(len(decoded(told, "unsubscribe")) == 1, "told once")
    status, text = browser.get(found["change"])
    check(status == 200 and "You are not subscribed" in text, f"the preferences say so: {text}")
    browser.post(found["join"], email="new@example.com", m__FNAME="Back")
    check(lists.get_list_member(list_id, "new@example.com")["status"] == "subscribed", "it comes back by itself")
    check(wait_until(lambda: len(decoded(told, "subscribe")) == 2), "told of that too")

    lists.add_list_member(list_id, {"email_address": "dead@example.com", "status": "cleaned",
                                    "merge_fields": {"FNAME": "Dead"}})
    browser.post(found["join"], email="dead@example.com", m__FNAME="Dead")
    check(lists.get_list_member(list_id, "dead@example.com")["status"] == "cleaned", "a cleaned address does not")

    token = path.rsplit("/", 1)[1]
    wrong = [token[:-1] + ("a" if token[-1] != "a" else "b"), token.replace("-", "-1", 1), token[:-1], "x", "%2e%2e",
             found["change"].rsplit("/", 1)[1], "0123456789" + token[10:]]
    for other in wrong:
        for method in ("GET", "POST"):
            status, text = browser.ask(method, f"/unsubscribe/{other}", b"" if method == "POST" else None)
            check(status == 404 and "leads nowhere" in text, f"{method} {other}: {status}")
    check(browser.get(f"/preferences/{token}")[0] == 404, "who may leave may not look")
    check(lists.get_list_member(list_id, "new@example.com")["status"] == "subscribed", "none of them took anybody out")
    lists.delete_list_member_permanent(list_id, hashlib.md5(b"new@example.com").hexdigest())
    for link in (path, found["change"]):
        status, text = browser.get(link)
        check(status == 404 and "leads nowhere" in text, "who was erased finds a calm page")
    check(browser.ask("POST", path, b"")[0] == 404, "and can do nothing there")
    status, text = browser.post(found["join"], email="new@example.com", m__FNAME="Again")
    check(status == 200 and "Thank you" in text, "who is never to be contacted again is answered as others are")
    refused(404, lambda: lists.get_list_member(list_id, "new@example.com"))


def limits(daemon, browser):
    statuses = [browser.post(f"/subscribe/{daemon.list}", email="nobody", m__FNAME="x")[0] for _ in range(21)]
    check(statuses[-1] == 429, f"many sign-ups from one place: {statuses}")
    check(browser.get(f"/subscribe/{daemon.list}")[0] == 200, "the form is still shown")


def campaigns_and_imports(daemon, told):
    """What happens while no daemon runs is told when it does."""
    receiver = Receiver()
    (daemon.folder / "job.yaml").write_text(
        f'fanfare: 1\nname: spring-sale\naudience: {{name: customers}}\npublic_url: {PUBLIC}\n'
        f'webhook: {{url: "{receiver.url}", data: {{leave: "*|UNSUB|*"}}, headers: {{List-Unsubscribe: "<*|UNSUB|*>"}}}}\n')
    (daemon.folder / "more.csv").write_text(
        "Email Address,FNAME,STATUS\nada@example.com,Augusta,subscribed\nzoe@example.com,Zoe,subscribed\n"
        "eve@example.com,Eve,unsubscribed\n")
    before = len(decoded(told))
    daemon.run("run", "job.yaml", "--allow-network", "127.0.0.0/8")
    sent = [json.loads(bodies[0]) for bodies in receiver.told().values()]
    leave = local(sent[0]["leave"])
    own = re.escape(links(daemon, "ada@example.com")["leave"])
    check(len(sent) == 1 and re.fullmatch(own + "/[0-9a-f]{10}", leave), f"sent, with a campaign: {sent}")
    daemon.run("audience", "import", "more.csv", "--name", "customers")
    (daemon.folder / "more.csv").write_text(
        "Email Address,FNAME,STATUS\nada@example.com,Ada,subscribed\nzoe@example.com,Zoe,unsubscribed\n"
        "eve@example.com,Eve,unsubscribed\nlea@example.com,Lea,subscribed\n")
    daemon.run("audience", "import", "more.csv", "--name", "customers", "--fire-webhooks")
    daemon.start()
    check(wait_until(lambda: len(decoded(told)) >= before + 4), f"told of four: {decoded(told)[before:]}")
    new = sorted((body["type"], body.get("data[email]", "")) for body in decoded(told)[before:])
    check(new == [("campaign", ""), ("profile", "ada@example.com"), ("subscribe", "lea@example.com"),
                  ("unsubscribe", "zoe@example.com")], f"of the campaign, and of the second import alone: {new}")
    campaign = decoded(told, "campaign")[0]
    check((campaign["data[subject]"], campaign["data[status]"], campaign["data[reason]"], campaign["data[list_id]"])
          == ("spring-sale", "sent", "", daemon.list), f"the campaign: {campaign}")
    check(re.fullmatch("[0-9a-f]{10}", campaign["data[id]"]), f"its id: {campaign}")
    browser = Browser(daemon)
    status, text = browser.get(leave)
    check(status == 200 and "a•••@example.com" in text, f"one question: {text}")
    status, text = browser.ask("POST", leave, b"List-Unsubscribe=One-Click")
    check(status == 200 and "You are unsubscribed" in text, f"by the campaign's link: {text}")
    check(wait_until(lambda: len(decoded(told, "unsubscribe")) == 2), "told of it")
    event = next(body for body in decoded(told, "unsubscribe") if body["data[email]"] == "ada@example.com")
    check(event["data[campaign_id]"] == campaign["data[id]"], f"with what led to it: {event}")


def pages(daemon):
    own, all_told = Receiver(), Receiver()
    network = ("--allow-network", "127.0.0.0/8")
    # One is told of what contacts do themselves, the other of all.
    daemon.run("webhook", "create", "customers", own.url, "--source", "user", *network)
    daemon.options = ("--public-url", PUBLIC)
    daemon.start()
    lists, browser = daemon.client().lists, Browser(daemon)
    fields = lists.get_list_merge_fields(daemon.list)["merge_fields"]
    name = next(field for field in fields if field["tag"] == "FNAME")
    check(not name["public"], "fields are not public unless somebody says so")
    changed = lists.update_list_merge_field(daemon.list, name["merge_id"], {"public": True, "required": True})
    check(changed["public"], f"public: {changed}")
    lists.add_list_merge_field(daemon.list, {"tag": "SCORE", "name": "Score", "type": "number", "public": True})
    sign_up(daemon, browser, lists, own)
    preferences(daemon, browser, lists, own)
    unsubscribe(daemon, browser, lists, own)
    check({body["data[email]"] for body in decoded(own)} == {"new@example.com"}, "told of nobody else's doing")
    confirmed(daemon, browser, lists, own)
    limits(daemon, browser)
    check(daemon.end() == 0, "SIGTERM ends it with 0")
    daemon.run("webhook", "create", "customers", all_told.url, *network)
    campaigns_and_imports(daemon, all_told)
    check(daemon.end() == 0, "SIGTERM ends it with 0")
    daemon.options = ()
    daemon.start()
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=20)
    connection.request("GET", f"/subscribe/{daemon.list}")
    check(connection.getresponse().status == 404, "without a public URL there are no pages")
    connection.close()
    check(daemon.end() == 0, "SIGTERM ends it with 0")
