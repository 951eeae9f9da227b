public import Referral
public import TTRPC

/// Asks the exchange about those who send, and tells it what is to be expected of them. Calls throw `CallFailure`, or `CancellationError`
/// when the calling task is cancelled.
public struct SourceClient: Sendable {
    private let client: Client

    public init(_ client: Client) {
        self.client = client
    }

    /// The sources that the caller is told of, page by page.
    public func sources(
        _ request: ListSourcesRequest = ListSourcesRequest(), options: CallOptions = CallOptions()
    ) async throws -> ListSourcesResponse {
        try await client.call(.listSources, request, options)
    }

    /// Says what is to be expected of a source. Safe to repeat with the same id.
    public func announce(_ notice: SourceNotice, options: CallOptions = CallOptions()) async throws -> ToldNotice {
        try await client.call(.announce, notice, options)
    }
}
