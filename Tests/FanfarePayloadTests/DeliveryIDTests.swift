import FanfarePayload
import Testing

@Suite struct `Delivery ids` {
    @Test func `are 26 characters of base 32 after a prefix`() {
        #expect(DeliveryID(high: 0, low: 0).description == "msg_aaaaaaaaaaaaaaaaaaaaaaaaaa")
        #expect(DeliveryID(high: .max, low: .max).description == "msg_7777777777777777777777777" + "4")
        // RFC 4648 §10: "foobar" is MZXW6YTBOI, here followed by ten zero bytes.
        #expect(DeliveryID(high: 0x666F_6F62_6172_0000, low: 0).description == "msg_mzxw6ytboiaaaaaaaaaaaaaaaa")
    }

    @Test func `are the same for the same four values and others for any other`() {
        var seen: Set<String> = []
        for installation in ["a", "ab"] {
            for fanOut in ["bc", "c"] {
                for run in [1, 2] {
                    let series = DeliveryIDSeries(installation: installation, fanOut: fanOut, run: run)
                    for contact in [1, 2, Int64.max] as [Int64] {
                        let id = series.id(contact: contact)
                        let again = DeliveryIDSeries(installation: installation, fanOut: fanOut, run: run)
                        #expect(again.id(contact: contact) == id)
                        #expect(seen.insert(id.description).inserted)
                    }
                }
            }
        }
        #expect(seen.count == 24)
    }

    @Test func `do not change from version to version`() {
        let id = DeliveryIDSeries(installation: "installation", fanOut: "fan-out", run: 1).id(contact: 42)
        #expect(id.description == "msg_wtsxfgzqeplkinfytsenfvropy")
    }
}
