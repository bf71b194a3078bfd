import FanfareTransport
import Testing

@Suite("Egress policy")
struct EgressPolicyTests {
    @Test(
        "what is not public is closed",
        arguments: [
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
            "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:8.8.8.8",
            "64:ff9b::808:808", "2002:808:808::1", "2001::1", "2001:db8::1",
        ]
    )
    func closed(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!EgressPolicy().permits(address))
    }

    @Test("public addresses are open", arguments: ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])
    func open(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(EgressPolicy().permits(address))
    }

    @Test(
        "the operator opens ranges, no more",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", true),
            ("10.0.0.0/8", "192.168.0.1", false),
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fc00::1", false), ("0.0.0.0/0", "127.0.0.1", true), ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true), ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("192.168.4.0/22", "192.168.7.255", true),
            ("192.168.4.0/22", "192.168.8.0", false),
        ]
    )
    func opened(_ network: String, _ text: String, _ expected: Bool) throws {
        let policy = EgressPolicy(allowed: [try .init(network)])
        let address = try #require(IPAddress(text))
        #expect(policy.permits(address) == expected)
    }

    @Test(
        "a malformed network is refused with a reason",
        arguments: [
            ("", "not an address"), ("localhost", "not an address"), ("10.0.0.0/33", "0 … 32"), ("::/129", "0 … 128"),
            ("10.0.0.0/", "0 … 32"), ("10.0.0.0/-1", "0 … 32"), ("10.0.0.0/8/8", "not an address"),
            ("10.0.0.0/+8", "0 … 32"),
            ("10.0.0.1/8", "bits set"), ("10/8", "not an address"), ("fd00::1/8", "bits set"),
            ("10.0.0.0 /8", "not an address"),
        ]
    )
    func malformed(_ text: String, _ reason: String) {
        let error = #expect(throws: TransportError.self) { try EgressPolicy.Network(text) }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains(reason) == true)
        #expect(error?.message.contains("\"\(text)\"") == true)
    }

    @Test("networks print as they are written", arguments: ["10.0.0.0/8", "fd00::/8", "::/0", "192.0.2.1/32"])
    func prints(_ text: String) throws {
        #expect(try EgressPolicy.Network(text).description == text)
    }

    @Test(
        "a network is permitted as far as those that are open cover it",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0/8", true), ("10.0.0.0/8", "10.1.0.0/16", true),
            ("10.1.0.0/16", "10.0.0.0/8", false),
            ("10.0.0.0/8", "11.0.0.0/8", false), ("10.0.0.0/9", "10.128.0.0/9", false),
            ("0.0.0.0/0", "127.0.0.0/8", true),
            ("10.0.0.0/8", "fd00::/8", false), ("::/0", "10.0.0.0/8", false), ("fd00::/8", "fd12:3456::/32", true),
            ("10.0.0.0/8", "10.2.3.4", true), ("10.0.0.0/8", "93.184.216.34", true), ("10.0.0.0/8", "127.0.0.1", false),
            ("192.0.2.1/32", "192.0.2.1", true),
        ]
    )
    func covers(open: String, asked: String, expected: Bool) throws {
        let policy = EgressPolicy(allowed: [try .init(open)])
        #expect(policy.permits(try EgressPolicy.Network(asked)) == expected)
    }
}
