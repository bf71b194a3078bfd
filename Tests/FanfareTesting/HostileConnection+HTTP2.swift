/// HTTP/2 by hand (RFC 9113), as far as scripts need it: requests are not looked into.
extension HostileConnection {
    /// The kinds of frames that scripts send or look for.
    public enum Frame: UInt8, Sendable {
        case data = 0
        case headers = 1
        case reset = 3
        case settings = 4
        case ping = 6
        case goodbye = 7
        case windowUpdate = 8
    }

    /// `:status: 200` in HPACK, and the same of 103.
    public static let status200: [UInt8] = [0x88]
    /// An interim answer's.
    public static let status103: [UInt8] = [0x08, 0x03] + Array("103".utf8)

    /// Whether the other side begins with HTTP/2; its preface is read then, and ours is sent.
    public func beginsHTTP2() -> Bool {
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        guard starts(with: preface) else { return false }
        return send(Self.frame(.settings))
    }

    /// Reads frames until a request has come whole; answers settings and pings.
    ///
    /// - Returns: Its stream; nil when the other side is gone.
    public func readStream() -> UInt32? {
        while let head = read(9) {
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard let payload = read(length) else { return nil }
            let hasFlag = head[4] & 1 != 0
            switch Frame(rawValue: head[3]) {
            case .settings where !hasFlag: send(Self.frame(.settings, flags: 1))
            case .ping where !hasFlag: send(Self.frame(.ping, flags: 1, payload))
            case .data where hasFlag, .headers where hasFlag:
                return head[5...].reduce(0) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
            default: break
            }
        }
        return nil
    }

    /// The bytes of a frame.
    ///
    /// - Parameters:
    ///   - kind: What it is.
    ///   - flags: 1: the stream's end, or an acknowledgement; 4: the headers' end.
    ///   - stream: 0: the connection.
    ///   - payload: At most 16 KiB.
    public static func frame(
        _ kind: Frame,
        flags: UInt8 = 0,
        stream: UInt32 = 0,
        _ payload: [UInt8] = []
    ) -> [UInt8] {
        let length = UInt32(payload.count)
        return bytes(length).dropFirst() + [kind.rawValue, flags] + bytes(stream) + payload
    }

    /// Four bytes, the highest first.
    public static func bytes(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
