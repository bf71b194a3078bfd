import Fanfare
import Foundation

/// Prints deliveries one by one, buffered, in the format asked for.
struct DeliveryPrinter {
    private static let bufferSize = 64 << 10

    let format: DeliveriesCommand.Format
    private var buffer: [UInt8] = []
    private let encoder: JSONEncoder

    init(format: DeliveriesCommand.Format) {
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
        var at: String?
        var duration_ms: Double?
    }

    mutating func begin() {
        switch format {
        case .table: write(Self.columns("ADDRESS", "STATE", "ATTEMPTS", "STATUS", "REASON"))
        case .csv: write("email,state,id,attempts,status,reason,at,duration_ms\n")
        case .jsonl: break
        }
    }

    mutating func print(_ row: DeliveryRow) throws {
        let line = Line(
            ordinal: row.ordinal,
            email: row.email,
            state: row.state.name,
            id: row.id.description,
            attempts: row.attempts,
            status: row.status == 0 ? nil : row.status,
            reason: row.reasonText,
            at: row.changedAt.map { Date(timeIntervalSince1970: TimeInterval($0)).formatted(.iso8601) },
            duration_ms: row.attempts == 0 ? nil : Double(row.durationMicroseconds) / 1000
        )
        switch format {
        case .table:
            let status = line.status.map(String.init) ?? "-"
            write(Self.columns(line.email ?? "(erased)", line.state, String(line.attempts), status, line.reason ?? ""))
        case .csv: write(Self.csv(line))
        case .jsonl:
            buffer += try encoder.encode(line)
            write("\n")
        }
    }

    mutating func end() {
        flush()
    }

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
        return cells.map(quoted).joined(separator: ",") + "\n"
    }

    private static func quoted(_ cell: String) -> String {
        guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    private mutating func write(_ text: String) {
        buffer += text.utf8
        if buffer.count >= Self.bufferSize { flush() }
    }

    private mutating func flush() {
        FileHandle.standardOutput.write(Data(buffer))
        buffer.removeAll(keepingCapacity: true)
    }
}
