public import Figures
public import TTRPC

/// What answers who asks for figures. Messages have been read and checked; the method fails its call by throwing `Status`, `Faults`,
/// `Rejection` or `StoreError`.
public protocol ReportServing: Admitting {
    func report(_ request: ReportRequest, _ context: CallContext) async throws -> Report
}

extension Router {
    /// Answers `lots.v1.ReportService`.
    public mutating func register(_ service: some ReportServing) {
        registerUnary(.getReport, admit: service.admit) { try await service.report($0, $1) }
    }
}
