public import Referral
public import TTRPC

/// A referral as it arrived: checked, and in the form in which it is stored.
public struct SubmitRequest: Hashable, Sendable {
    public var messageID: MessageID
    public var content: ReferralContent
    /// The referral packed anew, so that the same fields in another order are the same bytes.
    public var canonical: [UInt8]
    /// Of `canonical`, under the exchange's key.
    public var digest: ContentDigest

    public init(messageID: MessageID, content: ReferralContent, canonical: [UInt8], digest: ContentDigest) {
        self.messageID = messageID
        self.content = content
        self.canonical = canonical
        self.digest = digest
    }
}

/// Proof that the exchange has taken responsibility. A repeated message gets the same receipt.
public struct Receipt: Hashable, Sendable {
    public var messageID: MessageID
    public var referralID: ReferralID
    public var receivedAt: Instant
    public var outcome: SubmissionOutcome
    /// In the order asked for; empty unless the outcome is `accepted`.
    public var services: [ServiceOutcome]
    public var digest: ContentDigest

    public init(
        messageID: MessageID, referralID: ReferralID, receivedAt: Instant, outcome: SubmissionOutcome, services: [ServiceOutcome] = [],
        digest: ContentDigest
    ) {
        self.messageID = messageID
        self.referralID = referralID
        self.receivedAt = receivedAt
        self.outcome = outcome
        self.services = services
        self.digest = digest
    }
}

/// Who is responsible for one of the services asked for.
public struct ServiceOutcome: Hashable, Sendable {
    public enum Routing: Hashable, Sendable {
        /// An organisation, which can fetch the case.
        case offered
        /// The coordinator, who decides by hand.
        case review(ReviewReason)
    }

    public var service: Service
    public var routing: Routing

    public init(service: Service, routing: Routing) {
        self.service = service
        self.routing = routing
    }
}

/// The answer to one item of a stream of submissions.
public struct SubmitResult: Hashable, Sendable {
    /// Counted from 1.
    public var item: UInt64
    /// Nil when the item's own id could not be read.
    public var messageID: MessageID?
    public var result: Result<Receipt, Refusal>

    public init(item: UInt64, messageID: MessageID?, result: Result<Receipt, Refusal>) {
        self.item = item
        self.messageID = messageID
        self.result = result
    }
}

/// What a unary call would have answered as its status.
public struct Refusal: Error, Hashable, Sendable {
    public var code: Status.Code
    public var message: String
    public var faults: [Fault]
    /// How long to wait before the item is sent again, in whole milliseconds; nil when nothing is said of that.
    public var retryAfter: Duration?

    public init(code: Status.Code, message: String, faults: [Fault] = [], retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.faults = faults
        self.retryAfter = retryAfter
    }
}
