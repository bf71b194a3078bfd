import Fanfare
import FanfareStore

extension KeyCatalogue {
    /// Follows an order that another process has given the daemon, and says what it did or why not. Blocks.
    ///
    /// A key that is made is the answer's message: it is shown there, and nowhere else.
    func answer(_ request: ControlRequest) -> ControlAnswer {
        guard let order = request.key else {
            return ControlAnswer("an order for keys needs a key", refusal: .malformed)
        }
        do {
            switch request.command {
            case .createKey: return try create(order)
            case .revokeKey: return try revoke(order)
            default: return ControlAnswer("this is no order for keys", refusal: .malformed)
            }
        } catch {
            return ControlAnswer("the order was not taken: \(error)", refusal: .failed)
        }
    }

    private func create(_ order: KeyOrder) throws -> ControlAnswer {
        guard let scope = order.scope.flatMap(KeyScope.init(rawValue:)), let name = order.name else {
            return ControlAnswer("a key needs a name and a scope", refusal: .malformed)
        }
        guard let text = try create(name: name, scope: scope, now: currentUnixTime()) else {
            return ControlAnswer("a key cannot be called so", refusal: .invalid)
        }
        return ControlAnswer(text)
    }

    private func revoke(_ order: KeyOrder) throws -> ControlAnswer {
        guard let id = order.id, try revoke(id, now: currentUnixTime()) else {
            return ControlAnswer("there is no key \(order.id ?? ""); see fanfare key list", refusal: .invalid)
        }
        return ControlAnswer("\(id): revoked")
    }
}
