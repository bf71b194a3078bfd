/// Which row has an address, for the first import into an empty audience: 8 bytes an address instead of an index that
/// is written at random places.
///
/// It keeps 32 bits of a hash and the row's id, so what it finds is a candidate that must be compared. Open addressing,
/// linear probing, at most two thirds full: 16 MiB for a million addresses.
struct AddressTable {
    /// Past this number the index is built and takes over, so that memory stays bounded.
    static let limit = 2_500_000

    private var slots: [UInt64]
    private var shift: UInt64
    private(set) var count = 0
    /// Not to be guessed, or a hostile file could make every look-up long.
    private let seed = UInt64.random(in: .min ... .max)

    init() {
        shift = 64 - 12
        slots = [UInt64](repeating: 0, count: 1 << 12)
    }

    /// 32 bits that are the same for the same bytes.
    func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var state = seed
        var index = 0
        while index &+ 8 <= bytes.count {
            state = mix(state ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index &+= 8
        }
        var rest = UInt64(truncatingIfNeeded: bytes.count)
        while index < bytes.count {
            rest = rest << 8 | UInt64(bytes[index])
            index &+= 1
        }
        return UInt32(truncatingIfNeeded: mix(state ^ rest) >> 32)
    }

    /// Calls `body` with the id of every row whose address has this hash, until it returns true.
    func contains(_ hash: UInt32, where body: (Int64) throws -> Bool) rethrows -> Bool {
        var position = place(hash)
        while slots[position] != 0 {
            let slot = slots[position]
            if UInt32(truncatingIfNeeded: slot >> 32) == hash, try body(Int64(slot & 0xffff_ffff)) { return true }
            position = (position &+ 1) & (slots.count &- 1)
        }
        return false
    }

    /// - Parameter id: From 1 to `UInt32.max`.
    mutating func insert(_ hash: UInt32, id: Int64) {
        if count &* 3 >= slots.count &* 2 { grow() }
        put(UInt64(hash) << 32 | UInt64(id))
        count &+= 1
    }

    private mutating func put(_ slot: UInt64) {
        var position = place(UInt32(truncatingIfNeeded: slot >> 32))
        while slots[position] != 0 { position = (position &+ 1) & (slots.count &- 1) }
        slots[position] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        shift -= 1
        for slot in old where slot != 0 { put(slot) }
    }

    @inline(__always)
    private func place(_ hash: UInt32) -> Int { Int(truncatingIfNeeded: (UInt64(hash) << 32) >> shift) }

    @inline(__always)
    private func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
    }
}
