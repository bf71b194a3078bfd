import FanfareTransport
import Testing

@testable import FanfareDelivery

@Suite struct HTTP2WatchTests {
    private static func completion(
        version: UInt8 = 2,
        code: Int32 = 0,
        _ flags: TransferFlags = []
    ) -> TransferCompletion {
        var completion = TransferCompletion()
        completion.httpVersion = version
        completion.curlCode = code
        completion.flags = flags
        return completion
    }

    private static var answered: TransferCompletion { completion([.statusArrived, .accepted]) }
    private static var refused: TransferCompletion { completion(code: 42, [.secondSendPrevented, .anythingWritten]) }

    @Test func `a hundred streams that go with one connection are no sign`() {
        var watch = HTTP2Watch()
        for _ in 0..<100 { #expect(watch.ended(Self.refused, startedAt: 1, now: 5) == nil) }
        for _ in 0..<100 { #expect(watch.ended(Self.refused, startedAt: 6, now: 9) == nil) }
        #expect(watch.ended(Self.answered, startedAt: 9, now: 10) == nil)
        for _ in 0..<100 { #expect(watch.ended(Self.refused, startedAt: 9, now: 11) == nil) }
    }

    @Test(arguments: [7, 42, 52, 55, 56] as [Int32])
    func `what is begun after a loss and lost as well is, the third time`(code: Int32) {
        var watch = HTTP2Watch()
        let lost = Self.completion(code: code, [.anythingWritten])
        #expect(watch.ended(lost, startedAt: 1, now: 2) == nil)
        #expect(watch.ended(lost, startedAt: 2, now: 3) == nil)
        #expect(watch.ended(lost, startedAt: 3, now: 4) == .refused)
    }

    @Test func `answers, and what HTTP/2 has no part in, are none`() {
        var watch = HTTP2Watch()
        var untrusted = Self.completion(code: 56, [.anythingWritten])
        untrusted.tlsProblem = .clientCertificate
        let others = [
            Self.completion(version: 0, code: 7), Self.completion(code: 42, [.cancelled]), untrusted,
            Self.completion(version: 1, code: 56, [.anythingWritten]),
        ]
        for time in 1..<10 as Range<UInt64> {
            for other in others { #expect(watch.ended(other, startedAt: time, now: time + 1) == nil) }
            #expect(watch.ended(Self.refused, startedAt: time, now: time + 1) == nil)
            #expect(watch.ended(Self.answered, startedAt: time, now: time + 1) == nil)
        }
    }

    @Test func `broken rules, a stream that hangs, and HTTP/1.1 tell at once`() {
        var watch = HTTP2Watch()
        #expect(watch.ended(Self.completion(code: 92), startedAt: 1, now: 2) == .broken)
        #expect(watch.ended(Self.completion(code: 16), startedAt: 1, now: 2) == .broken)
        #expect(watch.ended(Self.completion(code: 28), startedAt: 1, now: 2) == .stalled)
        #expect(watch.ended(Self.completion(version: 1, [.statusArrived]), startedAt: 1, now: 2) == .notOffered)
        #expect(watch.ended(Self.completion(code: 92, [.statusArrived]), startedAt: 1, now: 2) == nil)
    }
}
