/// The name most like another, for a hint; nil when none is near.
///
/// Case does not count. Complexity: O(names × length²).
func nearest(_ name: String, in names: [String]) -> String? {
    let wanted = Array(name.lowercased())
    let scored = names.map { (distance(wanted, Array($0.lowercased())), $0) }
    guard let best = scored.min(by: { $0.0 < $1.0 }), best.0 <= max(1, wanted.count / 3) else { return nil }
    return best.1
}

/// Edits (insertion, removal, exchange of one character) between two texts.
private func distance(_ from: [Character], _ to: [Character]) -> Int {
    var row = Array(0...to.count)
    for (index, character) in from.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for position in to.indices {
            let substituted = diagonal + (to[position] == character ? 0 : 1)
            diagonal = row[position + 1]
            row[position + 1] = min(substituted, row[position] + 1, diagonal + 1)
        }
    }
    return row[to.count]
}
