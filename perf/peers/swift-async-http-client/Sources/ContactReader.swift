import Glibc
import Synchronization

struct Contact {
    let number: Int
    let phone, email, firstName, city, score: ArraySlice<UInt8>
}

/// Hands the first contacts of a file out to whoever asks next.
final class ContactReader: Sendable {
    private struct State: Sendable {
        var file: CSVFile
        var number = 0
    }

    private let state: Mutex<State>
    private let count: Int
    private let columns: [Int]

    init(path: String, count: Int) throws {
        var file = try CSVFile(path: path)
        let names = file.readRow()?.map { String(decoding: $0, as: UTF8.self) } ?? []
        columns = try ["phone", "email", "first_name", "city", "score"].map { name in
            guard let place = names.firstIndex(of: name) else { throw Failure("\(path) has no column \(name)") }
            return place
        }
        self.count = count
        state = Mutex(State(file: file))
    }

    func next() -> Contact? {
        state.withLock { state in
            guard state.number < count, let row = state.file.readRow(), row.count > columns.max()! else { return nil }
            state.number += 1
            return Contact(
                number: state.number, phone: row[columns[0]], email: row[columns[1]], firstName: row[columns[2]],
                city: row[columns[3]], score: row[columns[4]])
        }
    }
}

/// A CSV file that is read row by row.
private struct CSVFile: Sendable {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var position = 0
    private var end = 0

    init(path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    }

    private mutating func peek() -> UInt8? {
        if position == end {
            (position, end) = (0, max(0, buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }))
        }
        return end == 0 ? nil : buffer[position]
    }

    /// The cells of the next row, which share its bytes, or nil at the end.
    mutating func readRow() -> [ArraySlice<UInt8>]? {
        guard peek() != nil else { return nil }
        var bytes: [UInt8] = []
        var ends: [Int] = []
        bytes.reserveCapacity(192)
        ends.reserveCapacity(16)
        readCells(into: &bytes, ends: &ends)
        var start = 0
        return ends.map { end in
            defer { start = end }
            return bytes[start..<end]
        }
    }

    private mutating func readCells(into bytes: inout [UInt8], ends: inout [Int]) {
        var quoted = false
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                // Within quotes, two of them stand for one.
                if quoted, peek() == byte {
                    position += 1
                    bytes.append(byte)
                } else {
                    quoted.toggle()
                }
            case UInt8(ascii: ",") where !quoted: ends.append(bytes.count)
            case UInt8(ascii: "\r") where !quoted: break
            case UInt8(ascii: "\n") where !quoted:
                ends.append(bytes.count)
                return
            default: bytes.append(byte)
            }
        }
        ends.append(bytes.count)
    }
}
