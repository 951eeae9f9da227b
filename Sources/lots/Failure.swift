import ArgumentParser
import Configuration
import Foundation
import NIOCore
import NIOPosix
import Protobuf
import Recording
import ReferralAPI
import TLS
import TTRPC
import TTRPCOverTLS

/// What went wrong, for the person and for the script that called.
enum Failure {
    static let dataError = ExitCode(65)
    static let noInput = ExitCode(66)
    static let unavailable = ExitCode(69)
    static let software = ExitCode(70)
    static let output = ExitCode(74)
    static let temporary = ExitCode(75)
    static let noPermission = ExitCode(77)
    static let configuration = ExitCode(78)

    /// Prints the error and gives the exit code that fits it.
    static func report(_ error: any Error) -> ExitCode {
        Console.error("lots: \(text(of: error))")
        return switch error {
        case let failure as CallFailure: code(for: failure.status.code)
        case is ConfigurationFaults: configuration
        case let error as TLSError: error.code == .configuration ? configuration : unavailable
        case is JSONFaults, is InputFault, is LineReader.TooLong, is RecordingFaults: dataError
        case is CocoaError, is LineReader.Unreadable: noInput
        case is NIOConnectionError, is ChannelError: unavailable
        default: software
        }
    }

    static func code(for status: TTRPC.Status.Code) -> ExitCode {
        switch status {
        case .ok: .success
        case .invalidArgument, .alreadyExists, .failedPrecondition: dataError
        case .notFound: noInput
        case .permissionDenied, .unauthenticated: noPermission
        case .resourceExhausted, .aborted: temporary
        case .unavailable, .deadlineExceeded: unavailable
        default: software
        }
    }

    /// What it stands for is no fault of the message: the same again may be taken later.
    static func mayBeSentAgain(_ code: ExitCode) -> Bool { code == temporary || code == unavailable }

    /// The code of the refusal that asks most of people: a fault of the exchange before a missing right, that before a mistake in the
    /// input, and that before what only has to be sent again.
    static func gravest(_ codes: some Sequence<ExitCode>) -> ExitCode? {
        let order = [temporary, unavailable, noInput, dataError, noPermission, software]
        return codes.max { (order.firstIndex(of: $0) ?? order.count) < (order.firstIndex(of: $1) ?? order.count) }
    }

    private static func text(of error: any Error) -> String {
        switch error {
        case let failure as CallFailure: "\(failure.status)"
        case let error as CocoaError: text(of: error)
        case let error as NIOConnectionError:
            "cannot reach the exchange at \(ServerAddress(host: error.host, port: error.port)): \(NetworkFault.meaning(of: error))"
        case is ChannelError: "cannot reach the exchange: \(NetworkFault.meaning(of: error))"
        default: "\(error)"
        }
    }

    /// A file that cannot be read or written, in the words of the system.
    private static func text(of error: CocoaError) -> String {
        let system = error.underlying.map { $0 as NSError }.flatMap { $0.domain == NSPOSIXErrorDomain ? Int32($0.code) : nil }
        let cause = system.map { String(cString: strerror($0)) } ?? error.localizedDescription
        return [error.url?.path ?? error.filePath, cause].compactMap(\.self).joined(separator: ": ")
    }
}

/// Something in a file or on the command line that cannot be used.
struct InputFault: Error, CustomStringConvertible {
    let description: String
}
