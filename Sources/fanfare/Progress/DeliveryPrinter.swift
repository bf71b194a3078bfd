import Fanfare
import Foundation

/// Prints deliveries of a fan-out one by one.
struct DeliveryPrinter {
    private var list: ListPrinter

    init(format: ListFormat) { list = ListPrinter(format, widths: [41, 12, 9, 7]) }

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
        try list.begin(
            table: ["ADDRESS", "STATE", "ATTEMPTS", "STATUS", "REASON"],
            csv: ["email", "state", "id", "attempts", "status", "reason", "at", "duration_ms"]
        )
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
        let status = line.status.map(String.init)
        try list.print(
            .init(
                table: [
                    line.email ?? "(erased)", line.state, String(line.attempts), status ?? "-", line.reason ?? "",
                ],
                csv: [
                    line.email ?? "", line.state, line.id, String(line.attempts), status ?? "", line.reason ?? "",
                    line.at ?? "", line.duration_ms.map { String($0) } ?? "",
                ],
                json: line,
                below: (line.history ?? []).map(\.lines).joined()
            )
        )
    }

    /// Shows what was printed so far.
    mutating func flush() throws { try list.flush() }
}
