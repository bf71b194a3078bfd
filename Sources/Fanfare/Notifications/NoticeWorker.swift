import FanfareTransport

/// A thread that passes notices on, one after the other, and can be left behind: whatever hangs there holds up nobody.
///
/// `@unchecked Sendable`: `content` is touched only with `lock` held.
final class NoticeWorker: @unchecked Sendable {
    /// Notices that may wait; with one more the oldest is given up: the newest says how things stand.
    static let capacity = 16

    private struct Content {
        var waiting: [any Announcement] = []
        var isBusy = false
        var isClosed = false
        var isGivenUp = false
        /// Nobody was told of so many.
        var untold = 0
    }

    /// True: there is something to do.
    private let lock = MonotonicConditionLock<Bool>(value: false)
    private var content = Content()

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: The thread's.
    ///   - tell: Passes a notice on; asks its second argument whether to give up.
    /// - Throws: `TransportError` when there is no thread left.
    init(name: String, tell: @escaping @Sendable (any Announcement, _ isGivenUp: () -> Bool) -> Void) throws {
        _ = try LoopThread(name: name) { [self] in
            while let notice = next() {
                tell(notice) { self.isGivenUp }
                done()
            }
        }
    }

    /// Leaves a notice. Never blocks.
    func post(_ notice: any Announcement) {
        lock.lock()
        content.waiting.append(notice)
        if content.waiting.count > Self.capacity {
            content.waiting.removeFirst()
            content.untold += 1
        }
        lock.unlock(withValue: true)
    }

    /// The thread ends when all is told.
    func close() {
        lock.lock()
        content.isClosed = true
        lock.unlock(withValue: true)
    }

    /// Whether all is told.
    var isDone: Bool { read { $0.waiting.isEmpty && !$0.isBusy } }

    /// Stops in the middle of it.
    ///
    /// - Returns: How many notices nobody was told of, those included that were given up before.
    func giveUp() -> Int {
        lock.lock()
        defer { lock.unlock(withValue: true) }
        content.isGivenUp = true
        let left = content.untold + content.waiting.count + (content.isBusy ? 1 : 0)
        content.waiting = []
        content.untold = 0
        return left
    }

    private var isGivenUp: Bool { read { $0.isGivenUp } }

    private func read<Result>(_ body: (Content) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(content)
    }

    /// Waits for the next one; nil: there will be none.
    private func next() -> (any Announcement)? {
        lock.lock(whenValue: true)
        let notice = content.waiting.isEmpty ? nil : content.waiting.removeFirst()
        content.isBusy = notice != nil
        let isOver = notice == nil && content.isClosed
        lock.unlock(withValue: !content.waiting.isEmpty || content.isClosed)
        return isOver ? nil : notice ?? next()
    }

    private func done() {
        lock.lock()
        content.isBusy = false
        lock.unlock(withValue: !content.waiting.isEmpty || content.isClosed)
    }
}
