import FanfareJob
import FanfarePayload
import FanfareStore
extension JobFile {
    func fingerprint(key: [UInt8]) -> String { String(describing: self) }
    func encoded(seal: @escaping (Secret) throws -> String) throws -> String { "{}" }
}
public struct SecretSealer: Sendable { init(key: [UInt8]) throws {}; func seal(_ s: Secret, for: String) -> String { "" } }
