import NIOConcurrencyHelpers

/// Gathers lines and hands them on in larger pieces; bounded: whoever adds past 32 KiB writes them out himself.
final class ReportBuffer: Sendable {
    private let pending = NIOLockedValueBox("")
    private let write: @Sendable (String) -> Void

    init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    func add(_ line: String) {
        pending.withLockedValue { pending in
            pending += line
            if pending.utf8.count >= 32 << 10 { hand(on: &pending) }
        }
    }

    func flush() { pending.withLockedValue { hand(on: &$0) } }

    /// Under the lock, so that pieces keep their order.
    private func hand(on pending: inout String) {
        guard !pending.isEmpty else { return }
        write(pending)
        pending = ""
    }
}
