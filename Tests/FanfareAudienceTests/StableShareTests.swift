import FanfareAudience
import Testing

/// A share of contacts that is drawn from a name and the address alone.
@Suite struct StableShareTests {
    private func contains(_ share: Double, _ name: String, _ address: String) -> Bool {
        Array(address.utf8).withUnsafeBytes { StableShare(share, name: name).contains(foldedAddress: $0) }
    }

    @Test(
        "who is in it stays the same in every version",
        arguments: [
            ("spring", "ada@example.com", 0.799946), ("spring", "bob@example.com", 0.459155),
            ("autumn", "ada@example.com", 0.128229), ("", "", 0.108358),
        ]
    )
    func isStable(name: String, address: String, from share: Double) {
        #expect(!contains(share, name, address))
        #expect(contains(share + 0.000001, name, address))
    }

    @Test("it has as many as it should, all of a smaller one, and no more of another name's than chance has")
    func isFair() {
        let addresses = (0..<100_000).map { "contact.\($0)@example.com" }
        let tenth = Set(addresses.filter { contains(0.1, "spring", $0) })
        let fifth = Set(addresses.filter { contains(0.2, "spring", $0) })
        let other = Set(addresses.filter { contains(0.2, "autumn", $0) })
        // Four standard deviations of a fair draw.
        #expect(abs(tenth.count - 10_000) < 380 && abs(fifth.count - 20_000) < 506)
        #expect(tenth.isSubset(of: fifth))
        #expect(abs(fifth.intersection(other).count - 4000) < 248)
    }

    @Test("nobody is in none of it, and everybody in all of it")
    func ends() {
        #expect(!contains(0, "a", "ada@example.com") && contains(1, "a", "ada@example.com"))
    }

    @Test("a name is not taken for the beginning of an address")
    func border() {
        let addresses = (0..<200).map { "\($0)@example.com" }
        #expect(addresses.map { contains(0.5, "a", "b" + $0) } != addresses.map { contains(0.5, "ab", $0) })
    }
}
