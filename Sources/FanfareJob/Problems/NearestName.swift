/// The name among `names` that `word` most probably is a slip of, or nil when none is near.
///
/// - Complexity: O(names × length²); words longer than 40 characters are near nothing.
package func nearestName(to word: String, among names: [String]) -> String? {
    let folded = Array(word.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " })
    guard !folded.isEmpty, folded.count <= 40 else { return nil }
    var best: (name: String, distance: Int)?
    for name in names {
        let candidate = Array(name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " })
        let distance = editDistance(folded, candidate)
        let limit = candidate.count <= 3 ? 1 : candidate.count <= 6 ? 2 : 3
        if distance <= limit, distance < candidate.count, distance < best?.distance ?? .max { best = (name, distance) }
    }
    return best?.name
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
        var current = [row + 1]
        for column in 0..<right.count {
            let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
            var cost = min(replaced, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
