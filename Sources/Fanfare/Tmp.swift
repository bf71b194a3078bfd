import FanfarePayload
public struct SecretSealer: Sendable { init(key: [UInt8]) throws {}; func seal(_ s: Secret, for: String) -> String { "" } }
