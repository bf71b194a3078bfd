import Dispatch

/// Runs what waits for a network or a thread where that holds up nobody: never on the threads of tasks.
enum BlockingWork {
    /// A serial queue has a thread of its own. A concurrent one shares the pool of a thread a core with tasks, which
    /// gets another thread only after a second.
    static func run(_ work: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "fanfare-blocking").async(execute: work)
    }
}
