import Fanfare
import FanfareTesting
import Foundation
import HTTPTypes
import Hummingbird
import Testing

@testable import FanfareServer

/// Campaigns and touchpoints, as `/v1` has them.
@Suite struct TouchpointTests {
    private typealias Object = TouchpointFixture.Object

    private func webhook(_ url: String, at: String, more: String = "") -> String {
        """
        {"kind": "webhook", "name": "First", "at": "\(at)", "time_zone": "UTC", "audience": {"tag": "vip"},
         "webhook": {"url": "\(url)", "auth": {"bearer": "very-secret"}, "data": {"to": "*|EMAIL|*"}}\(more)}
        """
    }

    /// The fields that a problem names.
    private func fields(_ problem: Object) -> [String] { problem.each("field", of: "errors") }

    @Test func `campaigns are made, listed, changed and forgotten`() async throws {
        try await TouchpointFixture.with { fixture in
            let body = #"{"name": "Autumn", "audience": "\#(fixture.audience)"}"#
            let made = try await fixture.ask(.post, "/campaigns", body, status: 201)
            #expect(made["objective"] as? String == "" && made["created_by"] as? String == fixture.author())
            let id = try #require(made["id"] as? String)
            try await fixture.ask(.post, "/campaigns", body, as: .view, status: 403)
            let unfit = try await fixture.ask(
                .post,
                "/campaigns",
                #"{"name": "x", "audience": "ffffffffff"}"#,
                status: 400
            )
            #expect(fields(unfit) == ["audience"])
            let page = try await fixture.ask(.get, "/campaigns?limit=1", as: .view)
            #expect(page.each("id", of: "campaigns") == [id] && page["total"] as? Int == 1)
            let changed = try await fixture.ask(.patch, "/campaigns/\(id)", #"{"objective": "sell"}"#)
            #expect(changed["objective"] as? String == "sell" && changed["name"] as? String == "Autumn")
            try await fixture.ask(.patch, "/campaigns/\(id)", #"{"target": "x"}"#, status: 400)
            try await fixture.ask(.delete, "/campaigns/\(id)", status: 204)
            try await fixture.ask(.get, "/campaigns/\(id)", status: 404)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `one that is planned for a tag goes to that tag alone, and is complete with its life`() async throws {
        try await withScriptedReceiver(keepsBodies: true) { receiver in
            try await TouchpointFixture.with { fixture in
                let place = try await fixture.makeCampaign()
                let text = webhook(receiver.url(), at: TouchpointFixture.time(in: 3))
                let made = try await fixture.ask(.post, place, text, status: 201)
                #expect(made["state"] as? String == "draft" && made["starts_at"] is String)
                #expect(made.object("webhook").object("auth")["bearer"] as? String == "[secret]")
                let path = "\(place)/\(made["id"] as? String ?? "")"
                let checked = try await fixture.ask(.post, "\(path)/check")
                #expect(checked.object("plan")["requests"] as? Int == 1)
                #expect(checked.object("touchpoint")["state"] as? String == "draft")
                let planned = try await fixture.ask(.post, "\(path)/schedule")
                #expect(planned.object("touchpoint")["state"] as? String == "scheduled")
                #expect(planned.object("plan")["starts_at"] as? String == made["starts_at"] as? String)
                var now = Object()
                try await eventually("it is complete", within: .seconds(30)) {
                    now = try await fixture.ask(.get, path, as: .view)
                    return now["state"] as? String == "complete"
                }
                let bodies = receiver.received.entriesByID.values.flatMap { $0 }
                    .map { String(decoding: $0.body ?? [], as: UTF8.self) }
                #expect(bodies == [#"{"to":"ada@example.com"}"#])
                let states: [String] = now.each("state", of: "life")
                #expect(states == ["draft", "scheduled", "running", "complete"])
                let authors: [String] = now.each("by", of: "life")
                #expect(authors == [fixture.author(), fixture.author(), "fanfare", "fanfare"])
                let runs = now["fan_outs"] as? [Object] ?? []
                #expect(runs.count == 1 && runs.first?.object("deliveries")["delivered"] as? Int == 1)
                let conflict = try await fixture.ask(.patch, path, #"{"name": "Second"}"#, status: 409)
                #expect((conflict["detail"] as? String)?.contains("complete") == true)
            }
        }
    }

    @Test func `all that is wrong is told by its fields, and no secret`() async throws {
        try await TouchpointFixture.with { fixture in
            let place = try await fixture.makeCampaign()
            let wrong: [(String, String)] = [
                (#""at": "tomorrow""#, "at"), (#""time_zone": "EST""#, "time_zone"), (#""minutes": 5"#, "minutes"),
                (#""webhook": {"url": "https://x.org/", "method": "SEND"}"#, "webhook.method"),
                (#""webhook": {"url": "https://x.org/", "auth": {"bearer": {"env": "HOME"}}}"#, "webhook.auth.bearer"),
                (#""webhook": {"url": "https://x.org/", "auth": {"bearer": "[secret]"}}"#, "webhook.auth.bearer"),
                (#""webhook": {"url": "https://x.org/", "tls": {"ca": "/etc/passwd"}}"#, "webhook.tls.ca"),
                (#""notify": {"command": ["/bin/true"]}"#, "notify.command"),
                (#""audience": {"import": "/etc/passwd"}"#, "audience.import"), (#""state": "running""#, "state"),
                (#""whatever": 1"#, "whatever"),
            ]
            for (member, field) in wrong {
                let body = #"{"kind": "webhook", "name": "x", \#(member)}"#
                let problem = try await fixture.ask(.post, place, body, status: 400)
                #expect(fields(problem) == [field], "\(member): \(problem)")
            }
            try await fixture.ask(.post, place, "{", status: 400)
            try await fixture.ask(.post, place, "[]", status: 400)
            try await fixture.ask(.post, place, #"{"name": "x"}"#, status: 400)
            let none: [Object] = try await fixture.ask(.get, place)["touchpoints"] as? [Object] ?? []
            #expect(none.isEmpty)
            // Whoever may do all may name what is on the machine.
            let body =
                #"{"kind": "webhook", "name": "x", "webhook": {"url": "https://x.org/", "auth": {"bearer": {"env": "HOME"}}}}"#
            let made = try await fixture.ask(.post, place, body, as: .admin, status: 201)
            #expect(made.object("webhook").object("auth").object("bearer")["env"] as? String == "HOME")
            let path = "\(place)/\(made["id"] as? String ?? "")"
            let unfit = try await fixture.ask(.post, "\(path)/schedule", status: 400)
            #expect(fields(unfit) == ["at"])
            let past = try await fixture.ask(.patch, path, #"{"at": "2020-01-01 09:00", "time_zone": "UTC"}"#)
            #expect(past["at"] as? String == "2020-01-01 09:00")
            let refused = try await fixture.ask(.post, "\(path)/schedule", status: 400)
            #expect(fields(refused) == ["at"])
            try await fixture.ask(.patch, path, #"{"kind": "task"}"#, status: 400)
            let cleared = try await fixture.ask(.patch, path, #"{"at": null, "webhook": null}"#)
            #expect(cleared["at"] is NSNull && cleared["webhook"] is NSNull)
        }
    }

    @Test func `orders follow one another, and are refused where they do not fit`() async throws {
        try await TouchpointFixture.with { fixture in
            let place = try await fixture.makeCampaign()
            let text = webhook("http://127.0.0.1:9/", at: TouchpointFixture.time(in: 600))
            let made = try await fixture.ask(.post, place, text, status: 201)
            let path = "\(place)/\(made["id"] as? String ?? "")"
            func order(_ name: String, status: Int = 200) async throws -> String? {
                let answer = try await fixture.ask(.post, "\(path)/\(name)", status: status)
                return answer["state"] as? String ?? answer.object("touchpoint")["state"] as? String
            }
            for name in ["unschedule", "pause", "resume", "cancel"] { _ = try await order(name, status: 409) }
            try await fixture.ask(.post, "\(path)/schedule", as: .view, status: 403)
            #expect(try await order("schedule") == "scheduled")
            _ = try await order("schedule", status: 409)
            #expect(try await order("pause") == "paused")
            #expect(try await order("resume") == "scheduled")
            try await fixture.ask(.delete, path, status: 409)
            #expect(try await order("cancel") == "cancelled")
            #expect(try await order("unschedule") == "draft")
            try await fixture.ask(.delete, path, status: 204)
            try await fixture.ask(.get, path, status: 404)
        }
    }

    @Test func `the plans that allow no webhooks are named where one is scheduled`() async throws {
        try await TouchpointFixture.with { fixture in
            let place = try await fixture.makeCampaign()
            let text = webhook("http://127.0.0.1:9/", at: TouchpointFixture.time(in: 600))
            let made = try await fixture.ask(.post, place, text, status: 201)
            let path = "\(place)/\(made["id"] as? String ?? "")"
            try await fixture.ask(.patch, "/account", #"{"plan": "free"}"#, as: .admin)
            let refused = try await fixture.ask(.post, "\(path)/schedule", status: 403)
            #expect((refused["detail"] as? String)?.contains("standard, premium") == true)
            try await fixture.ask(.post, "\(path)/check")
        }
    }

    @Test func `tasks are put where people want them, and YAML is taken as what it is`() async throws {
        try await TouchpointFixture.with { fixture in
            let place = try await fixture.makeCampaign()
            let task = try await fixture.ask(.post, place, #"{"kind": "task", "name": "write"}"#, status: 201)
            #expect(task["state"] as? String == "not_started" && task["webhook"] is NSNull)
            let path = "\(place)/\(task["id"] as? String ?? "")"
            let begun = try await fixture.ask(.patch, path, #"{"state": "in_progress"}"#)
            #expect(begun["state"] as? String == "in_progress")
            let states: [String] = begun.each("state", of: "life")
            #expect(states == ["not_started", "in_progress"])
            try await fixture.ask(.post, "\(path)/schedule", status: 409)
            let yaml = """
                kind: webhook
                name: Second
                webhook:
                  url: https://x.org/
                  data: {b: 1, a: "*|EMAIL|*"}
                """
            let made = try await fixture.ask(.post, place, yaml, type: "application/yaml", status: 201)
            #expect(made.object("webhook").object("data")["b"] as? Int == 1)
            try await fixture.ask(.post, place, yaml, status: 400)
            let all: [String] = try await fixture.ask(.get, place).each("name", of: "touchpoints")
            #expect(Set(all) == ["write", "Second"])
        }
    }
}
