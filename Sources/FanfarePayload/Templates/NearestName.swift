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
