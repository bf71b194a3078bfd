import Glibc

/// Standard input, output and error.
enum StandardDescriptors {
    /// Opens those that the program was started without on `/dev/null`.
    ///
    /// The next file or connection that is opened would get their numbers, and with them all that is said to people.
    /// Call before anything else is opened.
    static func openMissing() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest number that is free, which is this one: those below are open by now.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
