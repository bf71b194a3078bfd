/// What one process asks of the one that owns a data directory.
public enum ControlRequest: Sendable, Hashable {}
