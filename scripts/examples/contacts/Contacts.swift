import Fanfare

/// Sends to contacts of a source of its own, at the URL given; run again, it goes on. Then networks to open.
@main
struct Contacts {
    static func main() async throws {
        var options = FanOutRun.Options()
        options.engine.egress.allowed = try CommandLine.arguments.dropFirst(2).map { try .init($0) }
        let installation = try Installation.own("data")
        let customers = try installation.openAudience(named: "customers", makesIt: true)
        print("\(try await customers.importContacts(Source()).created) new contacts")
        let webhook = WebhookDefinition(url: CommandLine.arguments[1], body: .json(["to": "*|EMAIL|*", "n": "*|N|*"]))
        let job = JobFile(name: "greeting", toAudience: "customers", selection: .init(.tag("vip")), webhook: webhook)
        let run = try await FanOutRun.start(LoadedJob(job), in: installation, options)
        print("\(try await run.end().progress.counts[.delivered]) of \(run.recipients) delivered")
    }
}

/// In the place of a database or a service: 20,000 contacts, the first half of them VIPs.
struct Source: AsyncSequence, AsyncIteratorProtocol {
    var n = 0
    mutating func next() async -> NewContact? {
        n += 1
        if n > 20_000 { return nil }
        return NewContact(email: "c\(n)@example.com", fields: ["N": "\(n)"], tags: n > 10_000 ? [] : ["vip"])
    }
    func makeAsyncIterator() -> Source { self }
}
