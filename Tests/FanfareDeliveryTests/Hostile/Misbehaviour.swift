import FanfareTesting
import Testing

@testable import FanfareDelivery

/// One way to misbehave, and how the deliveries of such a receiver must end.
struct Misbehaviour: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var ending: Ending
    var script: HostileReceiver.Script

    /// - Parameters:
    ///   - name: What it does.
    ///   - ending: How each of its deliveries ends.
    ///   - script: Does it to a connection.
    init(_ name: String, _ ending: Ending, _ script: @escaping HostileReceiver.Script) {
        testDescription = name
        self.ending = ending
        self.script = script
    }

    /// Reads one request after another, does something to each, and goes on while that says so.
    static func each(
        _ name: String,
        _ ending: Ending,
        _ answer: @escaping @Sendable (HostileConnection) -> Bool
    ) -> Misbehaviour {
        Misbehaviour(name, ending) { connection in
            while connection.read() != nil { if !answer(connection) { return } }
        }
    }

    /// Answers every request with the same text, however wrong that is, and keeps the connection.
    static func always(_ text: String, _ ending: Ending) -> Misbehaviour {
        let name = text.unicodeScalars.map { $0.value < 32 ? "·" : String($0) }.joined()
        return each(name, ending) { $0.send(text) }
    }

    /// Answers with a beginning, then with the same text over and over until nobody listens any more.
    static func endless(_ name: String, _ beginning: String, _ repeated: String, _ ending: Ending) -> Misbehaviour {
        each(name, ending) { connection in
            guard connection.send(beginning) else { return false }
            let bytes = Array(String(repeating: repeated, count: 1 + 4096 / repeated.utf8.count).utf8)
            while connection.send(bytes) {}
            return false
        }
    }

    /// Answers with a beginning, then with one byte after another, each after a rest.
    static func dripping(_ name: String, _ beginning: String, _ dripped: String, _ ending: Ending) -> Misbehaviour {
        each(name, ending) { connection in
            guard connection.send(beginning) else { return false }
            for byte in dripped.utf8 {
                guard connection.pause(milliseconds: 150), connection.send([byte]) else { return false }
            }
            return true
        }
    }
}

/// A whole, proper answer.
func answer(_ status: Int, _ headers: String = "", body: String = "ok") -> String {
    "HTTP/1.1 \(status) Status\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}
