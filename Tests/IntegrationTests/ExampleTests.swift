import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

@Suite("The programs of the README", .timeLimit(.minutes(3)))
struct ExampleTests {
    private func start(
        _ name: String,
        _ first: String,
        in folder: TemporaryFolder
    ) throws -> ChildProcess {
        try ChildProcess(BuiltProgram.path("example-\(name)"), [first, "127.0.0.0/8"], in: folder)
    }

    @Test("the first delivers its requests and prints what became of them")
    func deliver() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver({ request, _ in
                .status(request.webhookID == "order-7" ? 422 : 200)
            }) { receiver in
                let result = try await start("deliver", receiver.url(), in: folder).wait(within: .seconds(60))
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.output == "order-7: dead: status 422\n999 orders delivered\n")
                #expect(receiver.received.distinctIDs == 1000 && receiver.received.repeats == 0)
            }
        }
    }

    @Test("the second runs a job file with progress, and goes on with it after it was killed")
    func fanOut() async throws {
        try await withDesk(receiver: Behaviours.always(.status(200, after: .milliseconds(20)))) { desk, receiver in
            try desk.writeContacts(3000)
            try desk.writeJob(url: receiver.url(), delivery: "  max_in_flight: 50\n  concurrency: fixed")
            let killed = try start("fan-out", "job.yaml", in: desk.folder)
            try await receiver.received.waitForRequests(200, within: .seconds(60))
            killed.signal(SIGKILL)
            #expect(try await killed.wait().status == -SIGKILL)
            // Those that were in flight may still arrive.
            let before = receiver.received.requests + 50
            receiver.behave(Behaviours.always(.status(200)))
            let result = try await start("fan-out", "job.yaml", in: desk.folder).wait(within: .seconds(60))
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.hasPrefix("going on with 3000 contacts\n"))
            #expect(result.output.hasSuffix("3000 delivered, 0 dead, 0 in flight\ncomplete\n"))
            #expect(receiver.received.distinctIDs == 3000 && receiver.received.repeats <= before)
        }
    }

    @Test("the third takes contacts of its own, and goes on after it was killed")
    func contacts() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200, after: .milliseconds(50)))) { receiver in
                let killed = try start("contacts", receiver.url(), in: folder)
                try await receiver.received.waitForRequests(100, within: .seconds(60))
                killed.signal(SIGKILL)
                let first = try await killed.wait()
                #expect(first.output == "20000 new contacts\n" || first.output.isEmpty)
                receiver.behave(Behaviours.always(.status(200)))
                let result = try await start("contacts", receiver.url(), in: folder).wait(within: .seconds(60))
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.output == "0 new contacts\n10000 of 10000 delivered\n")
                #expect(receiver.received.distinctIDs == 10_000)
            }
        }
    }
}
