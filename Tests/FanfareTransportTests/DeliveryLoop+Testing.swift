import FanfareTransport

/// A request in test's terms.
struct Outgoing {
    var token: UInt64
    var endpoint: EndpointID
    var url: String?
    var headers: [String] = []
    var body = ""
    var timeoutMilliseconds: UInt32 = 5000
}

/// A completion that outlives the next poll.
struct Ended {
    var token: UInt64
    var flags: TransferFlags
    var httpStatus: Int32
    var curlCode: Int32
    var osErrno: Int32
    var retryAfter: Int32
    var excerpt: String
    var record: TransferCompletion

    init(_ completion: TransferCompletion) {
        token = completion.token
        flags = completion.flags
        httpStatus = completion.httpStatus
        curlCode = completion.curlCode
        osErrno = completion.osErrno
        retryAfter = completion.retryAfterSeconds
        let bytes = UnsafeBufferPointer(start: completion.excerpt, count: Int(completion.excerptLength))
        excerpt = String(decoding: bytes, as: UTF8.self)
        record = completion
    }
}

extension DeliveryLoop {
    /// Submits one by one, from memory that is gone afterwards.
    borrowing func send(_ outgoing: [Outgoing]) throws -> Int {
        var accepted = 0
        for item in outgoing {
            var headers: [UInt8] = item.headers.flatMap { [UInt8]($0.utf8) + [0] }
            var body = Array(item.body.utf8)
            var url = item.url.map { Array($0.utf8) }
            accepted += try submit(item, &headers, &body, &url)
        }
        return accepted
    }

    private borrowing func submit(
        _ item: Outgoing,
        _ headers: inout [UInt8],
        _ body: inout [UInt8],
        _ url: inout [UInt8]?
    ) throws -> Int {
        try headers.withUnsafeBytes { headers in
            try body.withUnsafeBufferPointer { body in
                try (url ?? []).withUnsafeBytes { target in
                    var request = TransferRequest()
                    request.token = item.token
                    request.endpoint = item.endpoint
                    request.timeoutMilliseconds = item.timeoutMilliseconds
                    request.headers = headers.baseAddress?.assumingMemoryBound(to: CChar.self)
                    request.headersLength = headers.count
                    request.body = body.baseAddress
                    request.bodyLength = body.count
                    request.url = url == nil ? nil : target.baseAddress?.assumingMemoryBound(to: CChar.self)
                    request.urlLength = target.count
                    return try withUnsafePointer(to: &request) {
                        try submit(UnsafeBufferPointer(start: $0, count: 1))
                    }
                }
            }
        }
    }

    /// Polls until so many have ended, for at most ten seconds.
    borrowing func collect(_ count: Int) throws -> [Ended] {
        var ended: [Ended] = []
        let limit = ContinuousClock.now + .seconds(10)
        try withUnsafeTemporaryAllocation(of: TransferCompletion.self, capacity: 64) { buffer in
            while ended.count < count, ContinuousClock.now < limit {
                let written = try poll(into: buffer, timeoutMilliseconds: 100)
                ended += buffer[..<written].map(Ended.init)
            }
        }
        return ended
    }
}

extension EgressPolicy {
    /// Opens what the tests' receivers listen on.
    static func loopback() throws -> EgressPolicy {
        EgressPolicy(allowed: [try Network("127.0.0.0/8"), try Network("::1/128")])
    }
}
