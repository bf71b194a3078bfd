import Fanfare

/// Sends a thousand orders to the URL given. Further arguments are networks to open beside public ones.
@main
struct Deliver {
    static func main() async throws {
        let networks = try CommandLine.arguments.dropFirst(2).map { try EgressPolicy.Network($0) }
        let deliverer = try Deliverer(
            to: CommandLine.arguments[1],
            signing: Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            configuration: .init(egress: EgressPolicy(allowed: networks))
        )
        let orders = (1...1000).map { Deliverer.Request(id: "order-\($0)", text: #"{"order": \#($0)}"#) }
        var delivered = 0
        for try await outcome in deliverer.deliver(orders) {
            if outcome.isDelivered { delivered += 1 } else { print(outcome) }
        }
        print("\(delivered) orders delivered")
    }
}
