import Protobuf
import Referral
import TTRPC
import Testing

@testable import ReferralAPI

@Suite struct StatusTests {
    private let faults = Faults([Fault(path: "referral.role", rule: "must be said"), Fault(path: "", rule: "is odd")])

    @Test func faultsAreSaidToPeopleAndToPrograms() throws {
        let status = Status(faults)
        #expect(status.code == .invalidArgument)
        #expect(status.message == "2 faults: referral.role: must be said; is odd")
        #expect(status.details.map(\.typeURL) == ["type.googleapis.com/lots.v1.Faults"])
        #expect(status.faults == faults.faults)
        #expect(CallFailure(status).faults == faults.faults)
        let json = MessageCatalogue.contract.faultsJSON(of: status)
        #expect(json?.text() == #"{"faults":[{"path":"referral.role","rule":"must be said"},{"rule":"is odd"}]}"#)
    }

    @Test func oneFaultIsNotCalledFaults() {
        #expect(Status(Faults([Fault(path: "a", rule: "b")])).message == "1 fault: a: b")
    }

    @Test func aLongListIsCutInTheMessageAndWholeInTheDetail() {
        let faults = Faults((0..<64).map { Fault(path: "referral.contacts[\($0)].phone", rule: String(repeating: "r", count: 60)) })
        let status = Status(faults)
        #expect(status.message.utf8.count <= 1_000)
        #expect(status.message.hasPrefix("at least 64 faults: referral.contacts[0].phone: r"))
        #expect(status.message.hasSuffix(" more"))
        #expect(status.faults.count == 64)
    }

    @Test func rejectionsKeepTheirRule() {
        #expect(Status(Rejection(.notFound, "a")) == Status(.notFound, "a"))
        #expect(Status(Rejection(.alreadyExists, "b")) == Status(.alreadyExists, "b"))
        #expect(Status(Rejection(.failedPrecondition, "c")) == Status(.failedPrecondition, "c"))
        #expect(Status(Rejection(.conflict, "d")) == Status(.aborted, "d"))
        #expect(Status(Rejection(.notPermitted, "e")) == Status(.permissionDenied, "e"))
        #expect(Status(Rejection(.invalid, "f")) == Status(.invalidArgument, "f"))
    }

    @Test func theStoreKeepsItsTroublesToItself() {
        for code in [StoreError.Code.damaged, .newerSchema, .unavailable, .duplicate] {
            let status = Status(StoreError(code, "/var/lib/secret.db is locked"))
            #expect(status.code == .unavailable)
            #expect(!status.message.contains("secret"))
        }
    }

    @Test func otherErrorsHaveNoWords() {
        struct Surprise: Error {}
        #expect(Status(Surprise()) == nil)
        #expect(Refusal(Surprise()) == Refusal(code: .internal, message: "the exchange failed on this item"))
    }

    @Test(arguments: [[], [0xFF, 0xFF], [0x0A, 0x7F]] as [[UInt8]])
    func detailsThatAreNoFaultsAreNone(_ bytes: [UInt8]) {
        let status = Status(
            .invalidArgument, "x",
            details: [
                StatusDetail(typeURL: "type.googleapis.com/other", value: [1, 2, 3]),
                StatusDetail(typeURL: StatusDetail.faultsTypeURL, value: bytes),
            ])
        #expect(status.faults == [])
    }
}
