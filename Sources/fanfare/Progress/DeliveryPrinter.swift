import Fanfare
import Foundation

/// Prints deliveries one by one, buffered, in the format asked for.
struct DeliveryPrinter {
    let format: DeliveriesListCommand.Format
    private var output = ResultOutput()
    private let encoder: JSONEncoder

    init(format: DeliveriesListCommand.Format) {
        self.format = format
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    private struct Line: Encodable {
        var ordinal: Int64
        var email: String?
        var state: String
        var id: String
        var attempts: Int
        var status: Int?
        var reason: String?
        var reason_code: String?
        var last_reason_code: String?
        var at: String?
        var duration_ms: Double?
        var history: [AttemptText]?
    }

    mutating func begin() throws {
        switch format {
        case .table: try write(Self.columns("ADDRESS", "STATE", "ATTEMPTS", "STATUS", "REASON"))
        case .csv: try write("email,state,id,attempts,status,reason,at,duration_ms\n")
        case .jsonl: break
        }
    }

    /// - Parameter history: Its attempts, where they are wanted.
    mutating func print(_ row: DeliveryRow, history: [AttemptRow]? = nil) throws {
        let line = Line(
            ordinal: row.ordinal,
            email: row.email,
            state: row.state.name,
            id: row.id.description,
            attempts: row.attempts,
            status: row.status == 0 ? nil : row.status,
            reason: row.reasonText,
            reason_code: row.reason?.name,
            last_reason_code: row.lastReason?.name,
            at: row.changedAt.map { Date(timeIntervalSince1970: TimeInterval($0)).formatted(.iso8601) },
            duration_ms: row.attempts == 0 ? nil : Double(row.durationMicroseconds) / 1000,
            history: history.map { $0.map(AttemptText.init) }
        )
        switch format {
        case .table:
            let status = line.status.map(String.init) ?? "-"
            try write(
                Self.columns(line.email ?? "(erased)", line.state, String(line.attempts), status, line.reason ?? "")
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

    private static func columns(
        _ address: String,
        _ state: String,
        _ attempts: String,
        _ status: String,
        _ reason: String
    ) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        return padded(address, 41) + padded(state, 12) + padded(attempts, 9) + padded(status, 7) + reason + "\n"
    }

    private static func csv(_ line: Line) -> String {
        let cells = [
            line.email ?? "", line.state, line.id, String(line.attempts), line.status.map(String.init) ?? "",
            line.reason ?? "", line.at ?? "", line.duration_ms.map { String($0) } ?? "",
        ]
        return cells.map(CSVCell.text(of:)).joined(separator: ",") + "\n"
    }

    private mutating func write(_ text: String) throws { try output.write(text.utf8) }
}
