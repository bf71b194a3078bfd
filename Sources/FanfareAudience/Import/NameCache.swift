/// The ids of names (tags, groups of a category) that rows mention, without a string or a query for one seen before.
struct NameCache {
    private var texts: [[UInt8]] = []
    private var ids: [Int64] = []
    private var table = AddressTable()

    /// - Parameters:
    ///   - name: As written in the file.
    ///   - find: Looks the name up in the database, or stores it; called once per spelling.
    mutating func id(of name: UnsafeRawBufferPointer, orElse find: (String) throws -> Int64) rethrows -> Int64 {
        let hash = table.hash(name)
        var found = -1
        let isKnown = table.contains(hash) { index in
            let text = texts[Int(index) - 1]
            guard text.count == name.count, text.elementsEqual(name) else { return false }
            found = Int(index) - 1
            return true
        }
        if isKnown { return ids[found] }
        let id = try find(String(decoding: name, as: UTF8.self))
        texts.append(Array(name))
        ids.append(id)
        table.insert(hash, id: Int64(texts.count))
        return id
    }
}
