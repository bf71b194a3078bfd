import Dispatch

/// Runs what waits for a network or a thread where that holds up nobody: never on the threads of tasks.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "fanfare-blocking", attributes: .concurrent)

    static func run(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }
}
