import Testing

@testable import FanfareDelivery

@Suite struct DeliverySettingsTests {
    @Test func `the defaults are valid`() throws {
        #expect(try DeliverySettings().validated() == DeliverySettings())
    }

    struct Row: Sendable {
        var key: String
        var seen: String
        var change: @Sendable (inout DeliverySettings) -> Void

        init(_ key: String, _ seen: String, _ change: @escaping @Sendable (inout DeliverySettings) -> Void) {
            self.key = key
            self.seen = seen
            self.change = change
        }
    }

    static let rows: [Row] = [
        Row("max_in_flight", "0") { $0.maxInFlight = 0 },
        Row("max_in_flight", "65537") { $0.maxInFlight = 65_537 },
        Row("rate", "0.0/s") { $0.ratePerSecond = 0 },
        Row("rate", "nan/s") { $0.ratePerSecond = .nan },
        Row("timeout", "0s") { $0.timeout = .zero },
        Row("timeout", "2h") { $0.timeout = .seconds(7200) },
        Row("deadline", "754s") { $0.deadline = .seconds(754) },
        Row("stop_after", "0s") { $0.stopAfter = .zero },
        Row("retries", "-1s") { $0.retries = [.seconds(-1)] },
        Row("retries", "51 entries") { $0.retries = Array(repeating: .zero, count: 51) },
        Row("retry_on", "200") { $0.retryOn = [200, 500] },
        Row("retry_on", "600") { $0.retryOn = [600] },
        Row("canary.contacts", "0") { $0.canary = .init(contacts: 0, proceedAt: 1) },
        Row("canary.proceed_at", "110%") { $0.canary = .init(contacts: 5, proceedAt: 1.1) },
    ]

    @Test(arguments: rows)
    func `what cannot work is named with what was seen`(row: Row) throws {
        var settings = DeliverySettings()
        row.change(&settings)
        let problem = try #require(settings.problems.first)
        #expect(settings.problems.count == 1)
        #expect(problem.key == row.key && problem.seen == row.seen)
        #expect(throws: InvalidDeliverySettings(problems: settings.problems)) { try settings.validated() }
    }

    @Test func `a deadline shorter than the retries says how long they take`() throws {
        var settings = DeliverySettings()
        settings.deadline = .seconds(60)
        #expect(
            settings.problems.map(\.message) == [
                "deadline: 1m is not accepted; at least 755s, which the retries take together: "
                    + "raise it, or shorten the retries"
            ]
        )
        settings.deadline = .seconds(755)
        #expect(settings.problems.isEmpty)
    }

    @Test func `all problems are reported at once, in order`() {
        var settings = DeliverySettings()
        settings.maxInFlight = -1
        settings.timeout = .zero
        settings.canary = .init(contacts: 0, proceedAt: .nan)
        #expect(settings.problems.map(\.key) == ["max_in_flight", "timeout", "canary.contacts", "canary.proceed_at"])
    }
}
