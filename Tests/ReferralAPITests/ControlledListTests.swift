import CProtobufC
import CReferralMessages
import Figures
import Protobuf
import Referral
import Testing

@testable import ReferralAPI

@Suite struct ControlledListTests {
    @Test func everyMemberHasItsOwnNumberAndBack() {
        check(Sex.self, lots__v1__sex__descriptor, hasZero: true)
        check(Role.self, lots__v1__role__descriptor)
        check(ContactHolder.self, lots__v1__contact_holder__descriptor)
        check(ConsentStatus.self, lots__v1__consent_status__descriptor)
        check(LegalBasis.self, lots__v1__legal_basis__descriptor)
        check(ProtectedIdentity.self, lots__v1__protected_identity__descriptor)
        check(CrimeCategory.self, lots__v1__crime_category__descriptor)
        check(Answer.self, lots__v1__answer__descriptor)
        check(Service.self, lots__v1__service__descriptor)
        check(Investigation.self, lots__v1__investigation__descriptor)
        check(ReturnReason.self, lots__v1__return_reason__descriptor)
        check(DeliveryStatus.self, lots__v1__delivery_status__descriptor)
        check(AssignmentPhase.self, lots__v1__assignment_phase__descriptor)
        check(VersionKind.self, lots__v1__version_kind__descriptor)
        check(CasePhase.self, lots__v1__case_phase__descriptor)
        check(Deadline.Kind.self, lots__v1__deadline_kind__descriptor)
        check(MediationParty.Side.self, lots__v1__party_side__descriptor)
        check(MediationParty.Answer.self, lots__v1__party_answer__descriptor)
        check(ContactChannel.self, lots__v1__contact_channel__descriptor)
        check(Attempt.Result.self, lots__v1__attempt_result__descriptor)
        check(Meeting.Result.self, lots__v1__meeting_result__descriptor)
        check(Meeting.Form.self, lots__v1__meeting_form__descriptor)
        check(ServiceGiven.Kind.self, lots__v1__given_service__descriptor)
        check(HoldReason.self, lots__v1__hold_reason__descriptor)
        check(HandoverReason.self, lots__v1__handover_reason__descriptor)
        check(Reply.self, lots__v1__reply__descriptor)
        check(SupportOutcome.self, lots__v1__support_outcome__descriptor)
        check(WithdrawalScope.self, lots__v1__withdrawal_scope__descriptor)
        check(RecallReason.self, lots__v1__recall_reason__descriptor)
        check(RecallRefusal.self, lots__v1__recall_refusal__descriptor)
        check(LeaderView.self, lots__v1__leader_view__descriptor)
        check(MediationConclusion.self, lots__v1__mediation_conclusion__descriptor)
        check(MediationResult.self, lots__v1__mediation_outcome__descriptor)
        check(Interruption.self, lots__v1__interruption__descriptor)
        check(ReportAddressee.self, lots__v1__report_addressee__descriptor)
        check(CaseFilter.self, lots__v1__case_filter__descriptor)
        check(ErrorReason.self, lots__v1__error_reason__descriptor)
        check(AssigningReason.self, lots__v1__assigning_reason__descriptor)
        check(ReadingReason.self, lots__v1__reading_reason__descriptor)
        check(AlarmState.self, lots__v1__alarm_state__descriptor)
        check(SilenceKind.self, lots__v1__silence_kind__descriptor)
        check(SourceState.self, lots__v1__source_state__descriptor)
        check(SourceNotice.Kind.self, lots__v1__source_notice_kind__descriptor)
        check(SourceNotice.Reason.self, lots__v1__source_reason__descriptor)
        check(ReportKind.self, lots__v1__report_kind__descriptor)
        check(ReportColumn.Unit.self, lots__v1__report_unit__descriptor)
        check(ServingStatus.self, grpc__health__v1__health_check_response__serving_status__descriptor, hasZero: true)
    }

    /// The names agree too: `relativeOfVictim` is ROLE_RELATIVE_OF_VICTIM and not its neighbour.
    private func check<Value: WireEnumeration>(_ type: Value.Type, _ descriptor: ProtobufCEnumDescriptor, hasZero: Bool = false) {
        let names = UnsafeBufferPointer(start: descriptor.values, count: Int(descriptor.n_values))
            .reduce(into: [Int32: String]()) { $0[$1.value] = String(cString: $1.name) }
        for member in Value.allCases {
            let number = member.wire.rawValue
            #expect(Value.numbering.member(member.wire) == member)
            let name = names[Int32(number)]?.filter { $0 != "_" }.lowercased()
            // A member with a value of its own is called as that: `service(support)` is WITHDRAWAL_SCOPE_SUPPORT.
            let word = "\(member)".split { "().".contains($0) }.last.map { $0.lowercased() } ?? ""
            #expect(name?.hasSuffix(word) == true, "\(type).\(member) is \(name ?? "nothing") on the wire")
        }
        #expect(Value.allCases.count == names.count - (hasZero ? 0 : 1), "\(type) and the contract differ")
        #expect(Set(Value.allCases.map(\.wire.rawValue)).count == Value.allCases.count)
        if !hasZero, let zero = Value.Wire(rawValue: 0) { #expect(Value.numbering.member(zero) == nil) }
        for number in [UInt32(names.count), 255, UInt32.max] {
            if let wire = Value.Wire(rawValue: number) { #expect(Value.numbering.member(wire) == nil) }
        }
    }
}
