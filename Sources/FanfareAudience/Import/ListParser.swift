/// Splits a cell with a list of names: comma-separated, or in Mailchimp's quoting (`"VIP","Blog"`), where a doubled
/// quote stands for one; in lists of groups a backslash keeps a comma in its name.
///
/// Names are trimmed, empty ones left out. Reuses its memory from row to row.
struct ListParser: ~Copyable {
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity = 1 << 10
    private var used = 0
    /// The names of the last list; valid until the next one is parsed.
    private(set) var names: ContiguousArray<UnsafeRawBufferPointer> = []

    init() { buffer = .allocate(capacity: capacity) }
    deinit { buffer.deallocate() }

    mutating func parse(_ cell: UnsafeRawBufferPointer) {
        names.removeAll(keepingCapacity: true)
        used = 0
        if cell.count > capacity { grow(cell.count) }
        var index = 0
        while index < cell.count {
            while index < cell.count, cell[index] == 0x20 || cell[index] == UInt8(ascii: ",") { index &+= 1 }
            guard index < cell.count else { return }
            let begin = used
            index = cell[index] == UInt8(ascii: "\"") ? quoted(cell, index &+ 1) : plain(cell, index)
            let name = trimmingSpaces(UnsafeRawBufferPointer(start: buffer + begin, count: used - begin))
            if !name.isEmpty { names.append(name) }
        }
    }

    private mutating func quoted(_ cell: UnsafeRawBufferPointer, _ begin: Int) -> Int {
        var index = begin
        while index < cell.count {
            if cell[index] == UInt8(ascii: "\"") {
                guard index &+ 1 < cell.count, cell[index &+ 1] == UInt8(ascii: "\"") else { return index &+ 1 }
                index &+= 1
            }
            put(cell[index])
            index &+= 1
        }
        return index
    }

    private mutating func plain(_ cell: UnsafeRawBufferPointer, _ begin: Int) -> Int {
        var index = begin
        while index < cell.count, cell[index] != UInt8(ascii: ",") {
            if cell[index] == UInt8(ascii: "\\"), index &+ 1 < cell.count, cell[index &+ 1] == UInt8(ascii: ",") {
                index &+= 1
            }
            put(cell[index])
            index &+= 1
        }
        return index
    }

    private mutating func put(_ byte: UInt8) {
        buffer[used] = byte
        used &+= 1
    }

    private mutating func grow(_ count: Int) {
        buffer.deallocate()
        capacity = count
        buffer = .allocate(capacity: count)
    }
}

extension ListParser {
    /// Appends a name to a list as a cell has it, quoted, so that it comes out as it is.
    static func append(name: some Sequence<UInt8>, to list: inout [UInt8], isFirst: Bool) {
        if !isFirst { list.append(UInt8(ascii: ",")) }
        list.append(UInt8(ascii: "\""))
        for byte in name {
            if byte == UInt8(ascii: "\"") { list.append(byte) }
            list.append(byte)
        }
        list.append(UInt8(ascii: "\""))
    }
}
