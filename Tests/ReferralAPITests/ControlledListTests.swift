import CProtobufC
import CReferralMessages
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
            #expect(name?.hasSuffix("\(member)".lowercased()) == true, "\(type).\(member) is \(name ?? "nothing") on the wire")
        }
        #expect(Value.allCases.count == names.count - (hasZero ? 0 : 1), "\(type) and the contract differ")
        #expect(Set(Value.allCases.map(\.wire.rawValue)).count == Value.allCases.count)
        if !hasZero, let zero = Value.Wire(rawValue: 0) { #expect(Value.numbering.member(zero) == nil) }
        for number in [UInt32(names.count), 255, UInt32.max] {
            if let wire = Value.Wire(rawValue: number) { #expect(Value.numbering.member(wire) == nil) }
        }
    }
}
