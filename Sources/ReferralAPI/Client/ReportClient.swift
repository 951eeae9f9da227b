public import Figures
public import Referral
public import TTRPC

/// Asks the exchange for figures. Calls throw `CallFailure`, or `CancellationError` when the calling task is cancelled.
public struct ReportClient: Sendable {
    private let client: Client

    public init(_ client: Client) {
        self.client = client
    }

    /// - Parameter days: in Sweden, both included; at most ten years.
    public func report(
        _ kind: ReportKind, on days: ClosedRange<CivilDate>, options: CallOptions = CallOptions()
    ) async throws -> Report {
        try await client.call(.getReport, ReportRequest(kind: kind, days: days), options)
    }
}
