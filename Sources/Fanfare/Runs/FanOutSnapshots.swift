public import FanfareDelivery

extension FanOutRun {
    /// Snapshots of a fan-out until its end, of which the last says how it ended.
    public struct Snapshots: AsyncSequence, Sendable {
        /// Gives one snapshot after another.
        public struct Iterator: AsyncIteratorProtocol {
            fileprivate let running: RunningFanOut
            fileprivate let interval: Duration
            fileprivate var isFirst = true
            fileprivate var isOver = false

            /// The next snapshot; nil after the last, or when the task is cancelled, which leaves the fan-out as it is.
            public mutating func next() async -> FanOutSnapshot? {
                if isOver { return nil }
                if !isFirst { await waitForEnd() }
                isFirst = false
                if Task.isCancelled { return nil }
                guard let end = running.ending else { return running.snapshot }
                isOver = true
                return end.snapshot
            }

            /// Waits for the interval, or shortly beyond the end.
            private func waitForEnd() async {
                var left = interval
                while left > .zero, running.ending == nil, !Task.isCancelled {
                    let step = Swift.min(left, .milliseconds(50))
                    do { try await Task.sleep(for: step) } catch { return }
                    left -= step
                }
            }
        }

        private let running: RunningFanOut
        private let interval: Duration

        init(_ running: RunningFanOut, every interval: Duration) {
            self.running = running
            self.interval = Swift.max(interval, .milliseconds(1))
        }

        /// An iterator of its own.
        public func makeAsyncIterator() -> Iterator { Iterator(running: running, interval: interval) }
    }
}
