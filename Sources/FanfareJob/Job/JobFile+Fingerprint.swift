import Crypto
import FanfarePayload

extension JobFile {
    /// 64 hexadecimal digits that change when the job's meaning does: not with comments, spacing, the order of
    /// settings, or a default written out.
    ///
    /// Of a secret that is referred to, the reference counts: a password may be renewed where it is kept. An inline one
    /// counts by its HMAC-SHA256 under `key`, so that nobody without the key can try passwords against the result.
    /// ``notify`` and ``publicURL`` do not count: no contact is sent anything else because somebody else is told, or
    /// because the pages that links lead to have moved.
    ///
    /// - Parameter key: A secret of this installation, at least 16 bytes.
    public func fingerprint(key: [UInt8]) -> String {
        let key = SymmetricKey(data: key)
        let encoder = JobEncoder(keepsPaths: true) { secret in
            .string(HMAC<SHA256>.authenticationCode(for: secret.reveal(), using: key).hex)
        }
        let meaning = encoder.encode(whatCounts).compact
        return HMAC<SHA256>.authenticationCode(for: Array(meaning.utf8), using: key).hex
    }

    /// The keys whose meaning differs from another job's, as an operator writes them: `webhook.url`, `delivery.rate`.
    ///
    /// A list counts as a whole. An empty result goes with equal fingerprints.
    public func changes(from other: JobFile) -> [String] {
        let encoder = JobEncoder(keepsPaths: true) { secret in
            .array(secret.reveal().map { .number(String($0)) })
        }
        var changes: [String] = []
        collectChanges(encoder.encode(other.whatCounts), encoder.encode(whatCounts), path: [], into: &changes)
        return changes
    }

    private var whatCounts: JobFile {
        var job = self
        (job.notify, job.publicURL) = (nil, nil)
        return job
    }

    private func collectChanges(
        _ before: JSONValue?,
        _ after: JSONValue?,
        path: [PathElement],
        into changes: inout [String]
    ) {
        guard before != after else { return }
        guard case .object(let old)? = before, case .object(let new)? = after, !(old + new).isEmpty,
            !old.isSecret, !new.isSecret
        else {
            changes.append(path.dotted)
            return
        }
        let count = changes.count
        let added = new.map(\.key).filter { key in !old.contains { $0.key == key } }
        for key in old.map(\.key) + added {
            collectChanges(before?[key], after?[key], path: path + [.key(key)], into: &changes)
        }
        // The same members in another order: in `data` that is another body.
        if changes.count == count { changes.append(path.dotted) }
    }
}

extension [JSONValue.Member] {
    /// What is written for a secret; it changes as a whole.
    fileprivate var isSecret: Bool {
        let keys = [SecretReader.value.name, SecretReader.environmentName.name, SecretReader.file.name]
        return count == 1 && keys.contains(self[0].key)
    }
}

extension HashedAuthenticationCode {
    fileprivate var hex: String {
        reduce(into: "") { text, byte in
            text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
    }
}
