import FanfarePayload
import Foundation
import Testing

@Suite struct `Sealed secrets` {
    private let sealer: SecretSealer
    init() throws { sealer = try SecretSealer(key: Array(0..<32)) }

    @Test(arguments: ["", "hunter2", "é\0\n", String(repeating: "x", count: 10_000)])
    func `open with the same key and purpose`(text: String) throws {
        let sealed = sealer.seal(Secret(text), for: "webhook 1")
        #expect(try sealer.open(sealed, for: "webhook 1") == Secret(text))
        #expect(text.isEmpty || !sealed.contains(text))
        #expect(try SecretSealer(key: Array(0..<32)).open(sealed, for: "webhook 1") == Secret(text))
    }

    @Test func `are never the same twice`() {
        #expect(Set((0..<100).map { _ in sealer.seal(Secret("a"), for: "p") }).count == 100)
    }

    @Test func `stay shut with another key, purpose or byte`() throws {
        let sealed = sealer.seal(Secret("hunter2"), for: "p")
        let other = try SecretSealer(key: Array(1..<33))
        #expect(throws: PayloadError.self) { try other.open(sealed, for: "p") }
        #expect(throws: PayloadError.self) { try sealer.open(sealed, for: "q") }
        let prefix = "fanfare-sealed-1:"
        let bytes = try #require(Data(base64Encoded: String(sealed.dropFirst(prefix.count))))
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(throws: PayloadError.self) { try sealer.open(prefix + changed.base64EncodedString(), for: "p") }
        }
    }

    @Test(arguments: [
        "", "hunter2", "fanfare-sealed-1:", "fanfare-sealed-1:AAAA", "fanfare-sealed-1:!", "fanfare-sealed-2:AAAA",
    ])
    func `are told from other texts`(text: String) throws {
        let error = try #require(throws: PayloadError.self) { try sealer.open(text, for: "p") }
        #expect(error.code == .cannotUnseal && error.message == "not a sealed secret")
    }

    @Test(arguments: [0, 16, 31, 33])
    func `need a key of 32 bytes`(length: Int) throws {
        let error = try #require(throws: PayloadError.self) {
            try SecretSealer(key: Array(repeating: 0, count: length))
        }
        #expect(error.code == .invalidSealingKey)
    }

    @Test func `print nothing`() {
        var dumped = ""
        dump(sealer, to: &dumped)
        #expect(dumped == "- [secret]\n")
        #expect("\(sealer)" == "[secret]")
    }
}
