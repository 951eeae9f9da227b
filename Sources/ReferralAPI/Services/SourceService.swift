public import Referral
public import TTRPC

/// What answers about those who send. Messages have been read and checked; a method fails its call by throwing `Status`, `Faults`,
/// `Rejection` or `StoreError`.
public protocol SourceServing: Admitting {
    func sources(_ request: ListSourcesRequest, _ context: CallContext) async throws -> ListSourcesResponse
    /// Takes what somebody says of a source. The same id again gets the first answer.
    func announce(_ notice: SourceNotice, _ context: CallContext) async throws -> ToldNotice
}

extension Router {
    /// Answers `lots.v1.SourceService`.
    public mutating func register(_ service: some SourceServing) {
        registerUnary(.listSources, admit: service.admit) { try await service.sources($0, $1) }
        registerUnary(.announce, admit: service.admit) { try await service.announce($0, $1) }
    }
}
