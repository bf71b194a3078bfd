extension SuppressionList {
    /// Why an address cannot be put on a list; nil when it can.
    ///
    /// For whoever has many, and wants to know of all that are none before the first goes on it.
    ///
    /// - Returns: What ``add(_:reason:now:)`` says of it.
    /// - Complexity: O(n) in its length.
    public static func fault(of address: String) -> String? {
        var text = address
        return text.withUTF8 { addressFault(UnsafeRawBufferPointer($0)) }.map { "\($0): \"\(address.brief)\"" }
    }
}
