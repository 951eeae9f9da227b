/// How a live answer may differ from the recorded one. Whatever is not named here has to be equal. Names are those of proto3 JSON.
package struct ComparisonRules: Sendable {
    /// Moments: both sides must have one, in the form of a timestamp; which one does not matter.
    package var times: Set<String>
    /// Days by the exchange's clock: equal when the replay sets that clock, else only in the form of a date.
    package var days: Set<String>
    /// Made by the exchange: a recorded value stands for one live value, always the same, and no other recorded value stands for it.
    /// In the requests that follow, the recorded value is replaced by the live one.
    package var identities: Set<String>
    /// Made by the exchange with its own secret, and named in no request: both sides must have one, which one does not matter.
    package var marks: Set<String>
    /// Lists whose order says nothing.
    package var unorderedLists: Set<String>
    /// The member by which answers of a stream belong together, in whatever order they come. Answers without it belong to any equal
    /// one.
    package var streamKey: String

    package init(
        times: Set<String>, days: Set<String>, identities: Set<String>, marks: Set<String> = [], unorderedLists: Set<String>,
        streamKey: String
    ) {
        self.times = times
        self.days = days
        self.identities = identities
        self.marks = marks
        self.unorderedLists = unorderedLists
        self.streamKey = streamKey
    }

    /// Those of `lots.v1`.
    package static let lots = ComparisonRules(
        times: ["receivedAt", "availableAt", "leasedUntil", "since"],
        days: ["asOf", "agesOn"],
        identities: ["referralId", "assignmentId", "contentDigest"],
        marks: ["conflictGroup"],
        unorderedLists: ["assignments"],
        streamKey: "item")
}
