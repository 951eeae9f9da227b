package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension IOError {
    /// What it means for a connection, in words for people.
    package var meaning: String {
        switch errnoCode {
        case ECONNREFUSED: "nobody listens there"
        case ECONNRESET, EPIPE: "the other side has cut the connection"
        case ETIMEDOUT: "no answer in time"
        case EHOSTUNREACH, ENETUNREACH: "the network has no way there"
        case EMFILE: "this process has as many files open as it may"
        case ENFILE: "this machine has as many files open as it may"
        default: String(cString: strerror(errnoCode))
        }
    }
}
