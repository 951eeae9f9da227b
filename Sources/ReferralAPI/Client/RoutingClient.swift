public import Referral
public import TTRPC

/// Calls the exchange for the coordinator. Calls throw `CallFailure`, or `CancellationError` when the calling task is cancelled.
public struct RoutingClient: Sendable {
    private let client: Client

    public init(_ client: Client) {
        self.client = client
    }

    /// The rule sets before the directories, each by number.
    public func versions(options: CallOptions = CallOptions()) async throws -> [VersionSummary] {
        let response: ListVersionsResponse = try await client.call(.listVersions, ListVersionsRequest(), options)
        return response.versions
    }

    public func version(_ number: Int, of kind: VersionKind, options: CallOptions = CallOptions()) async throws -> VersionTexts {
        try await client.call(.getVersion, GetVersionRequest(kind: kind, number: number), options)
    }

    /// Returns when the version is durably stored. Safe to repeat: the same content is the same version.
    /// - Parameter options: without a time limit, 5 minutes: the check of the whole routing takes a while.
    public func publish(_ content: PublicationContent, options: CallOptions = CallOptions()) async throws -> VersionSummary {
        var options = options
        if options.timeout == nil { options.timeout = .seconds(300) }
        return switch content.kind {
        case .ruleSet: try await client.call(.publishRuleSet, PublishRuleSetRequest(content: content), options)
        case .directory: try await client.call(.publishDirectory, PublishDirectoryRequest(content: content), options)
        }
    }

    /// Returns when the rollback is durably stored. Safe to repeat.
    public func rollBack(
        _ number: Int, of kind: VersionKind, reason: String, options: CallOptions = CallOptions()
    ) async throws -> VersionSummary {
        try await client.call(.rollBack, RollbackRequest(kind: kind, number: number, reason: reason), options)
    }
}
