import GRDB
import Testing

@testable import FanfareDelivery

/// Parts of a frozen set that go out one after the other.
@Suite struct WavesTests {
    @Test("parts are of one size, as nearly as can be, and have all recipients")
    func sizes() {
        for (count, total) in [(2, 10), (3, 10), (7, 1_000_000), (1000, 999), (5, 3)] as [(Int, Int64)] {
            let waves = Waves.batches(count, of: total, from: 1000, every: 60).waves
            #expect(waves.count == min(count, Int(total)))
            #expect(waves[0] == .init(first: 1, dueAt: 1000))
            let ends = waves.dropFirst().map(\.first) + [total + 1]
            let sizes = zip(waves, ends).map { $1 - $0.first }
            #expect(sizes.allSatisfy { $0 >= 1 } && sizes.max()! - sizes.min()! <= 1 && sizes.reduce(0, +) == total)
            #expect(waves.map(\.dueAt) == waves.indices.map { 1000 + Int64($0) * 60 })
        }
        #expect(Waves.batches(3, of: 0, from: 0, every: 1).waves.count == 1)
    }

    @Test("a part is open from its time on")
    func opening() {
        let waves = Waves.batches(3, of: 9, from: 1000, every: 60)
        #expect([999, 1000, 1059, 1060, 1119, 1120].map(waves.open) == [0, 1, 1, 2, 2, 3])
        #expect((0...3).map(waves.lastOrdinal) == [0, 3, 6, .max])
        #expect(Waves().open(at: 0) == 0 && Waves().lastOrdinal(open: 0) == .max)
    }

    @Test("they are kept in the ledger; an older one has none")
    func kept() throws {
        let test = try TestLedger(recipients: 10)
        #expect(try test.ledger.waves() == Waves())
        let waves = Waves.batches(3, of: 10, from: 1000, every: 60)
        let database = try test.ledger.openForWriting()
        try database.write { try Ledger.write(waves, $0) }
        #expect(try test.ledger.waves() == waves)
        try database.write { try $0.execute(sql: "DROP TABLE wave") }
        #expect(try test.ledger.waves() == Waves())
    }
}
