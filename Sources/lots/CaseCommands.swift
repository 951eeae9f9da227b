import ArgumentParser
import Protobuf
import Referral
import ReferralAPI
import TTRPC

/// A field with a member of a controlled list.
private func field<List>(_ name: String, _ choice: Choice<List>, _ prefix: String) -> JSONValue.Member {
    JSONValue.Member(name, .string(choice.member(prefix)))
}

private func field(_ name: String, _ text: String) -> JSONValue.Member { JSONValue.Member(name, .string(text)) }

// MARK: What was done for the person

extension Case {
    struct Attempt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Record a try to reach the person, in vain.")

        @Option(help: Choice<ContactChannel>.help) var channel: Choice<ContactChannel>
        @Option(help: Choice<Referral.Attempt.Result>.help) var result: Choice<Referral.Attempt.Result>
        @OptionGroup var time: TimeOption
        @OptionGroup var command: CaseCommandOptions

        func run() async throws {
            try await command.perform(
                .recordAttempt, [field("channel", channel, "CONTACT_CHANNEL_"), field("result", result, "ATTEMPT_RESULT_")],
                at: time.moment)
        }
    }

    struct Contact: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Record that the person was reached.")

        @Option(help: Choice<ContactChannel>.help) var channel: Choice<ContactChannel>
        @OptionGroup var time: TimeOption
        @OptionGroup var command: CaseCommandOptions

        func run() async throws {
            try await command.perform(.recordContact, [field("channel", channel, "CONTACT_CHANNEL_")], at: time.moment)
        }
    }

    struct Meeting: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record a personal meeting that was offered, held, missed, or not wanted.")

        @Option(help: Choice<Referral.Meeting.Result>.help) var result: Choice<Referral.Meeting.Result>
        @Option(help: Choice<Referral.Meeting.Form>.help) var form: Choice<Referral.Meeting.Form>
        @OptionGroup var time: TimeOption
        @OptionGroup var command: CaseCommandOptions

        func run() async throws {
            try await command.perform(
                .recordMeeting, [field("result", result, "MEETING_RESULT_"), field("form", form, "MEETING_FORM_")], at: time.moment)
        }
    }

    struct Service: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Record a service that was given.")

        @Option(help: Choice<ServiceGiven.Kind>.help) var given: Choice<ServiceGiven.Kind>
        @Option(help: "How long it took, 1 to 1440.") var minutes: UInt32
        @Option(help: "Who pays: the four digits of a municipality.") var municipality: String
        @OptionGroup var command: CaseCommandOptions

        func run() async throws {
            try await command.perform(
                .recordService,
                [
                    field("given", given, "GIVEN_SERVICE_"), JSONValue.Member("minutes", .number(minutes)),
                    field("municipality", municipality),
                ])
        }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a case rest until a day.")

        @Option(help: Choice<HoldReason>.help) var reason: Choice<HoldReason>
        @Option(help: "It goes on in the morning of this day, YYYY-MM-DD.") var until: String
        @OptionGroup var command: CaseCommandOptions

        func run() async throws {
            try await command.perform(.hold, [field("reason", reason, "HOLD_REASON_"), field("until", until)])
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on with a case that rests.")

        @OptionGroup var command: CaseCommandOptions

        func run() async throws { try await command.perform(.resume) }
    }
}

// MARK: Handover

extension Case {
    struct Handover: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand a case over to another organisation, or answer one that hands you theirs.",
            discussion: "Until it is accepted the one that offers it answers for the case.",
            subcommands: [Offer.self, Accept.self, Refuse.self])

        struct Offer: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Offer a case to another organisation.")

            @Option(help: "The organisation's id in the directory.") var to: String
            @Option(help: Choice<HandoverReason>.help) var reason: Choice<HandoverReason>
            @Flag(help: "The person has been asked and said yes; without it the exchange refuses.") var personAgrees = false
            @OptionGroup var command: CaseCommandOptions

            func run() async throws {
                try await command.perform(
                    .offerHandover,
                    [
                        field("to", to), field("reason", reason, "HANDOVER_REASON_"),
                        JSONValue.Member("personAgrees", .bool(personAgrees)),
                    ])
            }
        }

        struct Accept: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Take a case over; `lots case show` then shows the person.")

            @OptionGroup var command: CaseCommandOptions

            func run() async throws { try await command.perform(.answerHandover, [field("reply", "REPLY_YES")]) }
        }

        struct Refuse: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Refuse a case that you were offered; it stays with its owner.")

            @Option(help: Choice<ReturnReason>.help) var reason: Choice<ReturnReason>
            @OptionGroup var command: CaseCommandOptions

            func run() async throws {
                try await command.perform(.answerHandover, [field("reply", "REPLY_NO"), field("reason", reason, "RETURN_REASON_")])
            }
        }
    }
}

// MARK: The ends of a case

extension Case {
    struct Complete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a support.")

        @Option(help: Choice<SupportOutcome>.help) var outcome: Choice<SupportOutcome>
        @OptionGroup var command: CaseCommandOptions

        func run() async throws { try await command.perform(.complete, [field("outcome", outcome, "SUPPORT_OUTCOME_")]) }
    }

    struct Unreachable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a case whose person could not be reached.",
            discussion: "Refused until the attempts that your agreement asks for are recorded; the refusal says what is missing.")

        @OptionGroup var command: CaseCommandOptions

        func run() async throws { try await command.perform(.closeUnreachable) }
    }

    struct Decline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The person wants no support: ends the case and erases its content.")

        @OptionGroup var command: CaseCommandOptions

        func run() async throws { try await command.perform(.decline) }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The person takes back their consent: ends what it covered and erases at once.")

        @Option(help: Choice<WithdrawalScope>.help) var scope: Choice<WithdrawalScope>
        @OptionGroup var command: CaseCommandOptions

        func validate() throws {
            if command.command.expect != nil { throw ValidationError("--expect: a withdrawal is taken whatever the version is") }
        }

        func run() async throws { try await command.perform(.withdraw, [field("scope", scope, "WITHDRAWAL_SCOPE_")]) }
    }

    struct Recall: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer a sender who wants a case back.", subcommands: [Grant.self, Refuse.self])

        struct Grant: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Let it go; the case ends.")

            @OptionGroup var command: CaseCommandOptions

            func run() async throws { try await command.perform(.answerRecall, [field("reply", "REPLY_YES")]) }
        }

        struct Refuse: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Keep the case.")

            @Option(help: Choice<RecallRefusal>.help) var reason: Choice<RecallRefusal>
            @OptionGroup var command: CaseCommandOptions

            func run() async throws {
                try await command.perform(.answerRecall, [field("reply", "REPLY_NO"), field("reason", reason, "RECALL_REFUSAL_")])
            }
        }
    }
}

// MARK: Mediation

extension Case {
    struct Mediation: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The steps of a mediation.",
            discussion: """
                Parties are called offender-1, victim-1 and so on; `lots case show` lists them with what is missing. A mediation goes from
                find and eligible over leader (when an investigation runs), ask, answer, pre-meeting, meeting and conclude to report; any
                party's no interrupts it.
                """,
            subcommands: [
                AddParty.self, Find.self, Eligible.self, Leader.self, Ask.self, Answer.self, PreMeeting.self, Meeting.self, Conclude.self,
                Interrupt.self, Report.self,
            ])

        /// What was agreed.
        enum Conclusion: String, CaseIterable { case agreed, notAgreed }

        struct AddParty: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Add an offender or a victim.")

            @Option(help: Choice<MediationParty.Side>.help) var side: Choice<MediationParty.Side>
            @Option(help: "Completed years.") var age: UInt32?
            @Option(
                help: "Whether an offender has admitted the act or taking part: \(Choice<Referral.Answer>.words.joined(separator: ", ")).")
            var admitted: Choice<Referral.Answer>?
            @OptionGroup var command: CaseCommandOptions

            func run() async throws {
                var party = [field("side", side, "PARTY_SIDE_")]
                if let age { party.append(JSONValue.Member("age", .number(age))) }
                if let admitted { party.append(field("admitted", admitted, "ANSWER_")) }
                try await command.perform(.mediate, [JSONValue.Member("addParty", JSONValue(.object(party)))])
            }
        }

        struct Find: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Record one thing that has become known; --party goes with the last two.")

            @Option(help: "Whether the event is reported: \(Choice<Referral.Answer>.words.joined(separator: ", ")).")
            var reported: Choice<Referral.Answer>?
            @Option(help: "Whether mediation is suitable.") var suitable: Choice<Referral.Answer>?
            @Option(help: Choice<Investigation>.help) var investigation: Choice<Investigation>?
            @Option(help: "Whether there are exceptional reasons with an offender under 12: true, false.") var exceptionalReasons: Bool?
            @Option(help: "Whether the offender has admitted the act or taking part.") var admitted: Choice<Referral.Answer>?
            @Option(help: "The age of the party in completed years.") var age: UInt32?
            @Option(help: "Party id.") var party: String?
            @OptionGroup var command: CaseCommandOptions

            func validate() throws {
                guard findings.count == 1 else { throw ValidationError("give exactly one thing that has become known") }
                guard (party != nil) == (admitted != nil || age != nil) else {
                    throw ValidationError("--party goes with --admitted and --age")
                }
            }

            func run() async throws {
                try await command.perform(.mediate, [JSONValue.Member("find", JSONValue(.object(findings)))])
            }

            private var findings: [JSONValue.Member] {
                let party = field("partyId", party ?? "")
                var findings: [JSONValue.Member] = []
                if let reported { findings.append(field("reported", reported, "ANSWER_")) }
                if let suitable { findings.append(field("suitable", suitable, "ANSWER_")) }
                if let investigation { findings.append(field("investigation", investigation, "INVESTIGATION_")) }
                if let exceptionalReasons { findings.append(.init("exceptionalReasons", .bool(exceptionalReasons))) }
                if let admitted { findings.append(.init("admitted", JSONValue(.object([party, field("admitted", admitted, "ANSWER_")])))) }
                if let age { findings.append(.init("age", JSONValue(.object([party, .init("age", .number(age))])))) }
                return findings
            }
        }

        struct Eligible: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Confirm that mediation is possible; refused with all that is missing.")

            @OptionGroup var command: CaseCommandOptions

            func run() async throws { try await command.perform(.mediate, [JSONValue.Member("confirmEligible", .object([:]))]) }
        }

        struct Leader: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Record what the leader of the investigation says.")

            @Option(help: Choice<LeaderView>.help) var view: Choice<LeaderView>
            @OptionGroup var command: CaseCommandOptions

            func run() async throws { try await command.perform(.mediate, [field("consultLeader", view, "LEADER_VIEW_")]) }
        }

        struct Ask: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Record that a party was asked; one at a time.")

            @Option(help: "Party id.") var party: String
            @OptionGroup var command: CaseCommandOptions

            func run() async throws { try await command.perform(.mediate, [field("ask", party)]) }
        }

        struct Answer: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Record a party's answer; a no is taken at any time.")

            @Option(help: "Party id.") var party: String
            @Option(help: Choice<Reply>.help) var reply: Choice<Reply>
            @OptionGroup var command: CaseCommandOptions

            func run() async throws {
                let answer = JSONValue(.object([field("partyId", party), field("reply", reply, "REPLY_")]))
                try await command.perform(.mediate, [JSONValue.Member("recordAnswer", answer)])
            }
        }

        struct PreMeeting: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Record a party's pre-meeting.")

            @Option(help: "Party id.") var party: String
            @OptionGroup var time: TimeOption
            @OptionGroup var command: CaseCommandOptions

            func run() async throws {
                let moment = try time.moment
                let meeting = JSONValue(.object([field("partyId", party), field("at", moment)]))
                try await command.perform(.mediate, [JSONValue.Member("recordPreMeeting", meeting)], repeatedAt: moment)
            }
        }

        struct Meeting: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Record the meeting of the parties.")

            @OptionGroup var time: TimeOption
            @OptionGroup var command: CaseCommandOptions

            func run() async throws {
                let moment = try time.moment
                try await command.perform(.mediate, [field("recordMediation", moment)], repeatedAt: moment)
            }
        }

        struct Conclude: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Record what the meeting led to.")

            @Option(help: Choice<Conclusion>.help) var outcome: Choice<Conclusion>
            @OptionGroup var command: CaseCommandOptions

            func run() async throws { try await command.perform(.mediate, [field("conclude", outcome, "MEDIATION_CONCLUSION_")]) }
        }

        struct Interrupt: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Record that the mediation goes no further.")

            @Option(help: Choice<Interruption>.help) var reason: Choice<Interruption>
            @OptionGroup var command: CaseCommandOptions

            func run() async throws { try await command.perform(.mediate, [field("interrupt", reason, "INTERRUPTION_")]) }
        }

        struct Report: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Record who was told how it went; ends the mediation.")

            @Option(help: Choice<ReportAddressee>.help) var to: Choice<ReportAddressee>
            @OptionGroup var command: CaseCommandOptions

            func run() async throws { try await command.perform(.mediate, [field("report", to, "REPORT_ADDRESSEE_")]) }
        }
    }
}
