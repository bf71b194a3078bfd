/// What a receiver finds out about a request's signature.
public enum SignatureCheck: Sendable, Hashable {
    /// It is right and fresh.
    case good
    /// It is missing, wrong, too old, or says nothing about this body: why, in a few words.
    case bad(String)
}
