import Fanfare
import Foundation

/// Prints what webhooks were sent, one by one, buffered, in the format asked for.
struct EventPrinter {
    let format: DeliveriesListCommand.Format
    private var output = ResultOutput()
    private let encoder: JSONEncoder

    init(format: DeliveriesListCommand.Format) {
        self.format = format
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    private struct Line: Encodable {
        var number: Int64
        var event: String?
        var email: String?
        var state: String
        var id: String
        var attempts: Int
        var status: Int?
        var reason: String?
        var reason_code: String?
        var last_reason_code: String?
        var created_at: String
        var at: String?
        var duration_ms: Double?
        var history: [AttemptText]?

        init(_ row: EventRow, _ history: [AttemptRow]?) {
            func text(_ seconds: Int64) -> String {
                Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
            }
            number = row.number
            event = ChangeKind(rawValue: row.kind)?.name
            email = row.email
            state = row.state.name
            id = row.id.description
            attempts = row.attempts
            status = row.status == 0 ? nil : row.status
            reason = row.reasonText
            reason_code = row.reason?.name
            last_reason_code = row.lastReason?.name
            created_at = text(row.createdAt)
            at = row.changedAt.map(text)
            duration_ms = row.attempts == 0 ? nil : Double(row.durationMicroseconds) / 1000
            self.history = history.map { $0.map(AttemptText.init) }
        }
    }

    mutating func begin() throws {
        switch format {
        case .table: try write(Self.columns("ARISEN", "EVENT", "ADDRESS", "STATE", "ATTEMPTS", "STATUS", "REASON"))
        case .csv: try write("number,created_at,event,email,state,id,attempts,status,reason,at,duration_ms\n")
        case .jsonl: break
        }
    }

    /// - Parameter history: Its attempts, where they are wanted.
    mutating func print(_ row: EventRow, history: [AttemptRow]? = nil) throws {
        let line = Line(row, history)
        switch format {
        case .table:
            try write(
                Self.columns(
                    line.created_at,
                    line.event ?? "",
                    line.email ?? (row.contact == 0 ? "-" : "(erased)"),
                    line.state,
                    String(line.attempts),
                    line.status.map(String.init) ?? "-",
                    line.reason ?? ""
                )
            )
            for attempt in line.history ?? [] { try write(attempt.lines) }
        case .csv: try write(Self.csv(line))
        case .jsonl:
            try output.write(try encoder.encode(line))
            try write("\n")
        }
    }

    /// Shows what was printed so far.
    mutating func flush() throws { try output.flush() }

    private static func columns(_ texts: String...) -> String {
        // The last has no width.
        let padded = zip(texts, [22, 13, 41, 12, 9, 7]).map { text, width in
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        return padded.joined() + (texts.last ?? "") + "\n"
    }

    private static func csv(_ line: Line) -> String {
        let cells = [
            String(line.number), line.created_at, line.event ?? "", line.email ?? "", line.state, line.id,
            String(line.attempts), line.status.map(String.init) ?? "", line.reason ?? "", line.at ?? "",
            line.duration_ms.map { String($0) } ?? "",
        ]
        return cells.map(CSVCell.text(of:)).joined(separator: ",") + "\n"
    }

    private mutating func write(_ text: String) throws { try output.write(text.utf8) }
}
