import Fanfare
import FanfareJob
import HTTPTypes
import Hummingbird
import NIOCore

/// All deliveries that are meant, as one file: page by page, so that neither side holds it whole.
extension V1API {
    /// How it is written.
    private enum Format: String, CaseIterable { case csv, jsonl }

    /// Deliveries that are read at a time.
    private static let piece = 1000

    var exportOperation: Operation {
        Operation(
            method: .get,
            path: "/deliveries/export",
            id: "exportDeliveries",
            summary: "Deliveries as a file",
            description: """
                In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe; in JSON Lines \
                everything stands as it is. A file that was cut off ends without the last chunk of HTTP.
                """,
            scope: .view,
            parameters: DeliverySelection.parameters + [
                .query(
                    "format",
                    JSONSchema.word(Format.allCases.map(\.rawValue)),
                    "How it is written; csv unless given."
                )
            ],
            answer: Operation.Answer(
                status: .ok,
                description: "The deliveries, in the order of the list.",
                content: [("text/csv", JSONSchema.text()), ("application/jsonl", JSONSchema.text())]
            ),
            handler: export
        )
    }

    private func export(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try DeliverySelection(request).query
        let format = try request.word("format", of: Format.self) ?? .csv
        let log = DeliveryLog(daemon.installation)
        // What is wrong with the first page is answered, and not a file that breaks off.
        let first = try await onDisk { try log.page(query, limit: Self.piece) }
        let body = ResponseBody { writer in
            var page = first
            if format == .csv { try await writer.write(ByteBuffer(string: DeliveryCSV.head)) }
            while true {
                var text = ""
                for delivery in page.deliveries {
                    switch format {
                    case .csv: text += DeliveryCSV.line(delivery)
                    case .jsonl: text += DeliveryJSON.value(delivery).compact + "\n"
                    }
                }
                if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
                guard let next = page.next else { break }
                page = try await onDisk { try log.page(query, from: next, limit: Self.piece) }
            }
            try await writer.finish(nil)
        }
        var headers = HTTPFields()
        headers[.contentType] = format == .csv ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8"
        headers[.contentDisposition] = "attachment; filename=\"deliveries.\(format.rawValue)\""
        return Response(status: .ok, headers: headers, body: body)
    }
}

/// Deliveries as lines of CSV.
enum DeliveryCSV {
    static let head =
        "id,trigger,endpoint,fan_out,audience,email,event,webhook_id,state,attempts,status,reason,created_at,changed_at,"
        + "duration_ms\n"

    static func line(_ delivery: LoggedDelivery) -> String {
        guard case .object(let members) = DeliveryJSON.value(delivery) else { return "" }
        return members.map { CSVCell.text(of: plain($0.value)) }.joined(separator: ",") + "\n"
    }

    private static func plain(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .null: ""
        default: value.compact
        }
    }
}
