/// A share of contacts that is the same whoever asks for it, and when: drawn from a name and the contact's address alone.
///
/// Who is in a share is in every larger one of the same name; shares of different names have nothing to do with each
/// other. Whose address changes is drawn anew.
public struct StableShare: Sendable, Hashable {
    /// 0 … 1.
    public let share: Double
    /// What it is drawn from, beside the address.
    public let name: String
    private let seed: UInt64

    /// - Parameters:
    ///   - share: 0 … 1.
    ///   - name: Of any length.
    public init(_ share: Double, name: String) {
        (self.share, self.name) = (share, name)
        var draw = Draw()
        for byte in name.utf8 { draw.take(byte) }
        // No UTF-8 has it: that of a name and an address is that of no other pair.
        draw.take(0xFF)
        seed = draw.state
    }

    /// Whether a contact is in it.
    ///
    /// - Parameter address: Folded, as `contact.email_key` has it.
    public func contains(foldedAddress address: UnsafeRawBufferPointer) -> Bool {
        var draw = Draw(state: seed)
        for byte in address { draw.take(byte) }
        return draw.fraction < share
    }

    /// FNV-1a (draft-eastlake-fnv) and, as that hardly mixes its upper bits, the finalizer of MurmurHash3.
    private struct Draw {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func take(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

        /// 0 ..< 1.
        var fraction: Double {
            var mixed = state
            mixed = (mixed ^ mixed >> 33) &* 0xFF51_AFD7_ED55_8CCD
            mixed = (mixed ^ mixed >> 33) &* 0xC4CE_B9FE_1A85_EC53
            mixed ^= mixed >> 33
            // As many bits as a Double tells apart.
            return Double(mixed >> 11) * 0x1p-53
        }
    }
}
