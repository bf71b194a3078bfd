import NIOConcurrencyHelpers
import Testing

@testable import FanfareDelivery

@Suite("The ledger's writer")
struct LedgerWriterTests {
    @Test("tells of a commit when there is room for as much again: a loop that it wakes looks at once")
    func roomBeforeNews() throws {
        let test = try TestLedger(recipients: 3)
        let inbox = OutcomeInbox()
        let backlogs = NIOLockedValueBox<[Int]>([])
        let writer = try LedgerWriter(
            ledger: test.ledger,
            inbox: inbox,
            position: { .init(laneSeconds: 0, claimed: 3) },
            onCommit: { records, _ in
                if !records.isEmpty { backlogs.withLockedValue { $0.append(inbox.backlog) } }
            }
        )
        inbox.ask(watermark: 3)
        inbox.post(OutcomeBatch((1...3).map { .record($0, to: .delivered) }))
        inbox.flush()
        try writer.finish()
        #expect(try test.countedStates() == [.delivered: 3])
        #expect(backlogs.withLockedValue { $0 } == [0])
    }
}
