import ArgumentParser
import Configuration
import Foundation
import Protobuf
import Recording
import ReferralAPI
import TLS
import TTRPC

/// What went wrong, for the person and for the script that called.
enum Failure {
    static let dataError = ExitCode(65)
    static let noInput = ExitCode(66)
    static let unavailable = ExitCode(69)
    static let software = ExitCode(70)
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
        case is Unreachable: unavailable
        case is JSONFaults, is InputFault, is RecordingFaults: dataError
        default: software
        }
    }

    static func code(for status: TTRPC.Status.Code) -> ExitCode {
        switch status {
        case .ok: .success
        case .invalidArgument, .alreadyExists, .failedPrecondition: dataError
        case .notFound: noInput
        case .permissionDenied, .unauthenticated: noPermission
        case .resourceExhausted: temporary
        case .unavailable, .deadlineExceeded: unavailable
        default: software
        }
    }

    private static func text(of error: any Error) -> String {
        guard let failure = error as? CallFailure else { return "\(error)" }
        return failure.status.message.isEmpty ? "\(failure.status.code)" : "\(failure.status.code): \(failure.status.message)"
    }
}

/// Something in a file or on the command line that cannot be used.
struct InputFault: Error, CustomStringConvertible {
    let description: String
}
