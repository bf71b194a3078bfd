/// Where a delivery stands: names it over all ledgers of an installation, as long as these have it.
public enum DeliveryPlace: Sendable, Hashable, CustomStringConvertible {
    /// In the ledger of the fan-out with that id, at that place of its frozen set, from 1.
    case fanOut(String, Int64)
    /// In the ledger of the audience with that id, by its number, from 1.
    case event(audience: String, Int64)

    /// Its text, for example `fanout-3f0a91c2de-17` or `event-5b21c0aa90-4`.
    public var description: String {
        switch self {
        case .fanOut(let id, let ordinal): "fanout-\(id)-\(ordinal)"
        case .event(let audience, let number): "event-\(audience)-\(number)"
        }
    }

    /// The place that a text names; nil: it is none's.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isID(parts[1]), let number = Int64(parts[2]), number > 0 else { return nil }
        // One text a place: no leading zeros, no sign.
        guard String(number) == parts[2] else { return nil }
        switch parts[0] {
        case "fanout": self = .fanOut(String(parts[1]), number)
        case "event": self = .event(audience: String(parts[1]), number)
        default: return nil
        }
    }

    /// Ten hexadecimal digits.
    private static func isID(_ text: Substring) -> Bool {
        text.utf8.count == 10
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
