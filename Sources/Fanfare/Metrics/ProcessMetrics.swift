import Glibc

/// This process as metrics, under the names that all Prometheus clients use.
public enum ProcessMetrics {
    /// Writes them; what the system does not tell is left out.
    public static func write(to text: inout MetricsText) {
        text.metric("process_cpu_seconds_total", .counter, "User and system time, in seconds.") { samples in
            var usage = rusage()
            guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return }
            samples.add(usage.ru_utime.seconds + usage.ru_stime.seconds)
        }
        text.metric("process_resident_memory_bytes", .gauge, "Resident memory, in bytes.") { samples in
            if let pages = field(1, of: "/proc/self/statm") { samples.add(pages * Int64(sysconf(Int32(_SC_PAGESIZE)))) }
        }
        text.metric("process_open_fds", .gauge, "Open descriptors.") { samples in
            if let count = openDescriptors() { samples.add(count) }
        }
        text.metric("process_max_fds", .gauge, "Descriptors that may be open.") { samples in
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
            samples.add(Double(limit.rlim_cur))
        }
        text.metric("process_start_time_seconds", .gauge, "When it started, in seconds since 1970.") { samples in
            if let start = startTime { samples.add(start) }
        }
    }

    /// Read once: the boot's time is told anew whenever somebody sets the clock.
    private static let startTime: Double? = {
        // Behind the name, which may hold spaces and brackets, the 22nd field counts from the third.
        guard let stat = contents(of: "/proc/self/stat"), let name = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[name...].split(separator: " ")
        guard fields.count > 20, let ticks = Double(fields[20]),
            let boot = contents(of: "/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let booted = Double(boot.dropFirst(6))
        else { return nil }
        return booted + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

    private static func openDescriptors() -> Int64? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count: Int64 = 0
        while readdir(directory) != nil { count += 1 }
        // The two entries of every directory, and the descriptor that reads this one.
        return count - 3
    }

    private static func field(_ index: Int, of path: String) -> Int64? {
        guard let fields = contents(of: path)?.split(whereSeparator: \.isWhitespace), fields.count > index else {
            return nil
        }
        return Int64(fields[index])
    }

    private static func contents(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        let piece = 16_384
        while true {
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: piece))
            let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress.map { $0 + start }, piece) }
            bytes.removeLast(piece - max(0, count))
            if count <= 0 { return count < 0 ? nil : String(decoding: bytes, as: UTF8.self) }
        }
    }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1_000_000 }
}
