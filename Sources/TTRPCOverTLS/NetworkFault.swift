import NIOCore
import NIOPosix
import TTRPC

/// What the system or SwiftNIO reports about a socket, in words for people.
package enum NetworkFault {
    /// Why there is no connection; other errors in their own words.
    package static func meaning(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            (error.connectionErrors.first?.error ?? error.dnsAError ?? error.dnsAAAAError).map(meaning) ?? "the name has no address"
        case let error as IOError: error.meaning
        case is SocketAddressError.UnknownHost: "the name has no address"
        case ChannelError.connectTimeout: "no answer in time"
        case ChannelError.eof: "closed the connection before the end of the handshake"
        default: "\(error)"
        }
    }
}
