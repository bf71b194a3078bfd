import Glibc

/// One connection of a server: reads one line, then writes one. Bounded in size and time, whatever the peer does.
///
/// Thread: the server's.
struct ControlPeer {
    /// Bytes of a request at most: a job file is the longest thing that is handed over, and its text is escaped.
    static let longestRequest = 4 << 20
    /// Nanoseconds that a peer has for its request, and then for taking the answer.
    static let patience: UInt64 = 5_000_000_000

    /// What the server does next with it.
    enum Step {
        /// Waits for what ``events`` says.
        case wait
        /// Its request is whole, without the line's end.
        case answer([UInt8])
        /// The request is longer than any may be.
        case tooLong
        /// It is done with, or gone.
        case close
    }

    let descriptor: Int32
    /// Another one for each of a server's peers.
    let number: UInt64
    private(set) var deadline: UInt64
    /// Its answer is made beside the server's thread.
    private(set) var isWaiting = false
    private var request: [UInt8] = []
    private var answer: ArraySlice<UInt8>?

    init(_ descriptor: Int32, number: UInt64, now: UInt64) {
        (self.descriptor, self.number) = (descriptor, number)
        deadline = now + Self.patience
    }

    /// What to wait for, of poll(2).
    var events: Int16 { isWaiting ? 0 : Int16(answer == nil ? POLLIN : POLLOUT) }

    mutating func proceed() -> Step {
        // All that is told of one that waits is that it has gone.
        if isWaiting { return .close }
        return answer == nil ? read() : write()
    }

    /// From now on its answer is waited for, however long that takes.
    mutating func waits() {
        (isWaiting, request, deadline) = (true, [], .max)
    }

    /// From now on it is written to.
    mutating func take(answer: [UInt8], now: UInt64) {
        self.answer = answer[...]
        isWaiting = false
        request = []
        deadline = now + Self.patience
    }

    private mutating func read() -> Step {
        while true {
            let known = request.count
            let count = withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 { request += buffer[..<count] }
                return count
            }
            if let end = request[known...].firstIndex(of: UInt8(ascii: "\n")), end <= Self.longestRequest {
                return .answer(Array(request[..<end]))
            }
            if request.count > Self.longestRequest { return .tooLong }
            if count == 0 { return .close }
            if count < 0 { return isPassing(errno) ? .wait : .close }
        }
    }

    private mutating func write() -> Step {
        while let rest = answer, !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 { return isPassing(errno) ? .wait : .close }
            answer = rest.dropFirst(count)
        }
        return .close
    }

    private func isPassing(_ number: Int32) -> Bool { number == EAGAIN || number == EINTR }
}
