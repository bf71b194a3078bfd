import Fanfare
import FanfareDelivery
import FanfareJob
import HTTPTypes
import Hummingbird

/// Fan-outs: each is one run of a job.
extension V1API {
    var fanOutOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/fan-outs",
                id: "listFanOuts",
                summary: "Fan-outs, the newest first",
                scope: .view,
                parameters: [
                    .query("name", JSONSchema.text(length: 1...300), "The runs of the job of that name."),
                    .query("limit", JSONSchema.whole(in: 1...1000), "How many at most; 100 unless given."),
                    .query("offset", JSONSchema.whole(in: 0...Int(Int32.max)), "How many are passed over first."),
                ],
                answer: .json(JSONSchema.named("FanOutPage"), "A page of fan-outs."),
                handler: fanOuts
            ),
            Operation(
                method: .get,
                path: "/fan-outs/{fan_out_id}",
                id: "getFanOut",
                summary: "One fan-out",
                scope: .view,
                parameters: [.id("fan_out_id", of: "a fan-out")],
                answer: .json(JSONSchema.named("FanOut"), "The fan-out."),
                handler: fanOut
            ),
        ]
    }

    private func fanOuts(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = Page(
            count: try request.number("limit", default: 100, in: 1...1000),
            offset: try request.number("offset", default: 0, in: 0...Int(Int32.max))
        )
        let name = request.value("name")
        let installation = daemon.installation
        let (shown, total) = try await onDisk {
            let all = try installation.fanOutRecords(named: nil).filter { name == nil || $0.name == name }
            return (try page.of(all).map { try Self.json(installation.overview(of: $0)) }, all.count)
        }
        return try JSONAnswer.make(.object(["fan_outs": .array(shown), "total": .whole(total)]), for: request)
    }

    private func fanOut(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.part("fan_out_id")
        let installation = daemon.installation
        let found = try await onDisk {
            try installation.fanOutRecords(named: nil).first { $0.id == id }.map { try installation.overview(of: $0) }
        }
        guard let found else { throw Problem.notFound }
        return try JSONAnswer.make(Self.json(found), for: request)
    }

    /// A fan-out as its schema has it.
    static func json(_ fanOut: FanOutOverview) -> JSONValue {
        let record = fanOut.record
        return .object([
            "id": .string(record.id), "name": .string(record.name), "run": .whole(record.run),
            "audience": .string(record.audience), "selection": .string(fanOut.selection),
            "state": .string(record.state.rawValue), "is_paused": .bool(fanOut.orders.isPaused),
            "is_cancelled": .bool(fanOut.orders.isCancelled), "stop_reason": .orNull(record.stopReason),
            "created_at": .time(record.createdAt), "started_at": .moment(record.startedAt),
            "ended_at": .moment(record.endedAt), "pruned_at": .moment(record.prunedAt),
            "recipients": .whole(fanOut.counts.total),
            "deliveries": .object(
                DeliveryState.allCases.map { .init(key: $0.name, value: .whole(fanOut.counts[$0])) }
            ),
        ])
    }
}
