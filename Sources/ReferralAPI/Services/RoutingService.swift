public import TTRPC

/// What answers the coordinator about rules and directories. Messages have been read and checked as far as they can be without reading the
/// texts; a method fails its call by throwing `Status`, `Faults`, `Rejection` or `StoreError`.
public protocol RoutingServing: Admitting {
    func versions(_ request: ListVersionsRequest, _ context: CallContext) async throws -> ListVersionsResponse
    func version(_ request: GetVersionRequest, _ context: CallContext) async throws -> VersionTexts
    /// Answers after the version is durably stored.
    func publish(_ request: PublishRuleSetRequest, _ context: CallContext) async throws -> VersionSummary
    /// Answers after the version is durably stored.
    func publish(_ request: PublishDirectoryRequest, _ context: CallContext) async throws -> VersionSummary
    /// Answers after the rollback is durably stored.
    func rollBack(_ request: RollbackRequest, _ context: CallContext) async throws -> VersionSummary
}

extension Router {
    /// Answers `lots.v1.RoutingService`.
    public mutating func register(_ service: some RoutingServing) {
        registerUnary(.listVersions, admit: service.admit) { try await service.versions($0, $1) }
        registerUnary(.getVersion, admit: service.admit) { try await service.version($0, $1) }
        registerUnary(.publishRuleSet, admit: service.admit) { (request: PublishRuleSetRequest, context) in
            try await service.publish(request, context)
        }
        registerUnary(.publishDirectory, admit: service.admit) { (request: PublishDirectoryRequest, context) in
            try await service.publish(request, context)
        }
        registerUnary(.rollBack, admit: service.admit) { try await service.rollBack($0, $1) }
    }
}
