import Fanfare
import Foundation

/// Prints what webhooks were sent, one by one.
struct EventPrinter {
    private var list: ListPrinter

    init(format: ListFormat) { list = ListPrinter(format, widths: [22, 13, 41, 12, 9, 7]) }

    private struct Line: Encodable {
        let number: Int64
        let event, email: String?
        let state, id: String
        let attempts: Int
        let status: Int?
        let reason, reason_code, last_reason_code: String?
        let created_at: String
        let at: String?
        let duration_ms: Double?
        let history: [AttemptText]?

        init(_ row: EventRow, _ history: [AttemptRow]?) {
            func text(_ seconds: Int64) -> String {
                Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
            }
            (number, event, email) = (row.number, ChangeKind(rawValue: row.kind)?.name, row.email)
            (state, id, attempts) = (row.state.name, row.id.description, row.attempts)
            (status, reason) = (row.status == 0 ? nil : row.status, row.reasonText)
            (reason_code, last_reason_code) = (row.reason?.name, row.lastReason?.name)
            (created_at, at) = (text(row.createdAt), row.changedAt.map(text))
            duration_ms = row.attempts == 0 ? nil : Double(row.durationMicroseconds) / 1000
            self.history = history.map { $0.map(AttemptText.init) }
        }
    }

    mutating func begin() throws {
        try list.begin(
            table: ["ARISEN", "EVENT", "ADDRESS", "STATE", "ATTEMPTS", "STATUS", "REASON"],
            csv: [
                "number", "created_at", "event", "email", "state", "id", "attempts", "status", "reason", "at",
                "duration_ms",
            ]
        )
    }

    /// - Parameter history: Its attempts, where they are wanted.
    mutating func print(_ row: EventRow, history: [AttemptRow]? = nil) throws {
        let line = Line(row, history)
        let (attempts, status) = (String(line.attempts), line.status.map(String.init))
        // A campaign's end concerns nobody.
        let nobody = row.contact == 0 ? "-" : "(erased)"
        try list.print(
            .init(
                table: [
                    line.created_at, line.event ?? "", line.email ?? nobody, line.state, attempts, status ?? "-",
                    line.reason ?? "",
                ],
                csv: [
                    String(line.number), line.created_at, line.event ?? "", line.email ?? "", line.state, line.id,
                    attempts, status ?? "", line.reason ?? "", line.at ?? "", line.duration_ms.map { String($0) } ?? "",
                ],
                json: line,
                below: (line.history ?? []).map(\.lines).joined()
            )
        )
    }

    /// Shows what was printed so far.
    mutating func flush() throws { try list.flush() }
}
