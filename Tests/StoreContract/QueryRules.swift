import Referral
import Testing

extension StoreContract {
    static let queryRules = [
        Rule("an empty store answers every question") { store in
            try await store.read { reader throws in
                #expect(try reader.referral(Sample.id(1)) == nil)
                #expect(try reader.referral(from: Sample.police, message: MessageID("m")) == nil)
                #expect(try reader.referral(of: Sample.assignment(1)) == nil)
                #expect(try reader.log(of: Sample.id(1)) == [])
                #expect(try reader.log(after: 0, limit: 10) == [])
                #expect(try reader.content(of: Sample.id(1)) == nil)
                #expect(try reader.available(to: Sample.recipients[0], limit: 10) == [])
                #expect(try reader.due(at: Instant(milliseconds: .max), limit: 10) == [])
                for list in CaseList.allCases { #expect(try reader.cases(of: Sample.recipients[0], in: list, after: nil, limit: 10) == []) }
            }
        },
        Rule("available cases come longest waiting first, and only the owner's") { store in
            // The order of time is not that of the ids or of the arrival.
            for (number, seconds) in [30, 10, 20].enumerated() {
                try await store.append(Sample.offered(number, at: Sample.noon + .seconds(seconds)))
            }
            try await store.append(Sample.offered(9, to: [Sample.recipients[1]]))
            try await store.read { reader throws in
                let all = try reader.available(to: Sample.recipients[0], limit: 10)
                #expect(all == [1, 2, 0].map { Sample.assignment($0) })
                #expect(try reader.available(to: Sample.recipients[0], limit: 2) == Array(all.prefix(2)))
                #expect(try reader.available(to: Sample.recipients[1], limit: 10) == [Sample.assignment(9)])
                #expect(try reader.available(to: Sample.recipients[2], limit: 10) == [])
            }
        },
        Rule("a case that comes back after its lease waits since it was offered") { store in
            let first = try Sample.offered(1)
            try await store.append(first)
            try await store.append(Sample.offered(2, at: Sample.noon + .seconds(1)))
            let lease = try Sample.leased(first.state, at: Sample.noon + .seconds(2), until: Sample.noon + .seconds(3))
            try await store.append(lease)
            #expect(try await store.read { try $0.available(to: Sample.recipients[0], limit: 9) } == [Sample.assignment(2)])
            try await store.append(
                Sample.step([.leaseExpired(Sample.assignment(1))], after: lease.state, at: Sample.noon + .seconds(4), by: nil))
            #expect(
                try await store.read { try $0.available(to: Sample.recipients[0], limit: 9) } == [1, 2].map { Sample.assignment($0) })
        },
        Rule("cases are listed longest responsible first, page by page, also when several became so at once") { store in
            for number in 0..<7 {
                try await store.append(Sample.offered(number, at: Sample.noon + .seconds(number == 3 ? -1 : number / 3)))
            }
            try await store.append(Sample.offered(8, to: [Sample.recipients[1]]))
            try await store.read { reader throws in
                let all = try reader.cases(of: Sample.recipients[0], in: .open, after: nil, limit: 10)
                #expect(all.map(\.assignment) == [3, 0, 1, 2, 4, 5, 6].map { Sample.assignment($0) })
                for size in 1...8 {
                    var (pages, last): ([CasePlace], CasePlace?) = ([], nil)
                    while case let page = try reader.cases(of: Sample.recipients[0], in: .open, after: last, limit: size), !page.isEmpty {
                        #expect(page.count <= size)
                        pages += page
                        last = page.last
                    }
                    #expect(pages == all)
                }
                let between = CasePlace(availableAt: Sample.noon, assignment: AssignmentID("A"))
                #expect(try reader.cases(of: Sample.recipients[0], in: .open, after: between, limit: 10) == Array(all.dropFirst()))
            }
        },
        Rule("who is or may be protected is in the protected list only") { store in
            for (number, identity) in ProtectedIdentity.allCases.enumerated() {
                try await store.append(Sample.offered(number, protectedIdentity: identity))
            }
            try await store.read { reader throws in
                let open = try reader.cases(of: Sample.recipients[0], in: .open, after: nil, limit: 10)
                #expect(open.map(\.assignment) == [Sample.assignment(0)])
                let protected = try reader.cases(of: Sample.recipients[0], in: .protected, after: nil, limit: 10)
                #expect(protected.count == ProtectedIdentity.allCases.count - 1)
            }
        },
        Rule("what has ended is in no list") { store in
            let step = try Sample.offered(1)
            try await store.append(step)
            try await store.append(Sample.step([.ended(Sample.assignment(1), .recalled)], after: step.state))
            for list in CaseList.allCases {
                #expect(try await store.read { try $0.cases(of: Sample.recipients[0], in: list, after: nil, limit: 10) } == [])
            }
        },
        Rule("what is due comes at its time, the longest due first") { store in
            for (number, seconds) in [30, 10, 20].enumerated() {
                try await store.append(Sample.offered(number, due: Sample.noon + .seconds(seconds)))
            }
            try await store.append(Sample.offered(3))
            let expected = [(1, 10), (2, 20), (0, 30)].map { DueReferral(Sample.id($0.0), due: Sample.noon + .seconds($0.1)) }
            try await store.read { reader throws in
                #expect(try reader.due(at: Sample.noon + .milliseconds(9_999), limit: 10) == [])
                #expect(try reader.due(at: Sample.noon + .seconds(10), limit: 10) == Array(expected.prefix(1)))
                #expect(try reader.due(at: Instant(milliseconds: .max), limit: 10) == expected)
                #expect(try reader.due(at: Instant(milliseconds: .max), limit: 2) == Array(expected.prefix(2)))
            }
        },
        Rule("the last due time of a referral counts, also none") { store in
            let step = try Sample.offered(1, due: Sample.noon)
            let lease = try Sample.leased(step.state, until: Sample.noon + .seconds(1))
            let holder = Sample.holder(Sample.recipients[0])
            func due() async throws -> [Instant] {
                try await store.read { try $0.due(at: Instant(milliseconds: .max), limit: 10) }.map(\.due)
            }
            try await store.append(step)
            #expect(try await due() == [Sample.noon])
            try await store.append(lease)
            #expect(try await due() == [Sample.noon + .seconds(1)])
            try await store.write { try $0.setDue(Instant(milliseconds: -1), of: step.state.id) }
            #expect(try await due() == [Instant(milliseconds: -1)])
            try await store.append(Sample.step([.received(Sample.assignment(1), by: holder)], after: lease.state, by: holder))
            #expect(try await due() == [])
            try await store.write { try $0.setDue(Sample.noon, of: step.state.id) }
            #expect(try await due() == [Sample.noon])
            try await store.write { try $0.setDue(nil, of: step.state.id) }
            #expect(try await due() == [])
        },
        Rule("a referral that is not there is never due") { store async throws in
            #expect(await storeError { try await store.write { try $0.setDue(Sample.noon, of: Sample.id(1)) } } == .damaged)
            #expect(try await store.read { try $0.due(at: Sample.noon, limit: 10) } == [])
        },
        Rule("no limit means nothing, and not everything") { store in
            let step = try Sample.offered(1)
            try await store.append(step)
            try await store.append(Sample.offered(2))
            try await store.append(Sample.leased(step.state, until: Sample.noon))
            try await store.read { reader throws in
                for limit in [0, -1, Int.min] {
                    #expect(try reader.log(after: 0, limit: limit) == [])
                    #expect(try reader.available(to: Sample.recipients[0], limit: limit) == [])
                    #expect(try reader.due(at: Sample.noon, limit: limit) == [])
                    #expect(try reader.cases(of: Sample.recipients[0], in: .open, after: nil, limit: limit) == [])
                }
                #expect(try reader.log(after: 0, limit: .max).count == 3)
            }
        },
        Rule("the log gives back what was appended, in order") { store in
            let exchange = try Sample.offered(0)
            var steps = [exchange]
            steps.append(try Sample.offered(1, at: Instant(milliseconds: -1), services: [.support, .mediation]))
            steps.append(try Sample.leased(exchange.state, until: Instant(milliseconds: .max)))
            steps.append(try Sample.step([.leaseExpired(Sample.assignment(0))], after: steps[2].state, by: nil))
            for step in steps { try await store.append(step) }
            let expected = steps
            try await store.read { reader throws in
                let log = try reader.log(after: 0, limit: 100)
                #expect(log.map(\.sequence) == log.map(\.sequence).sorted())
                #expect(Set(log.map(\.sequence)).count == expected.count)
                #expect(log.allSatisfy { $0.sequence > 0 })
                #expect(log.map(\.referral) == expected.map(\.state.id))
                #expect(log.map(\.at) == expected.map(\.at))
                #expect(log.map(\.actor) == expected.map(\.actor))
                #expect(log.map(\.events) == expected.map(\.events))
                #expect(try reader.log(of: Sample.id(0)) == [log[0], log[2], log[3]])
                #expect(try reader.log(of: Sample.id(1)) == [log[1]])
            }
        },
        Rule("the log can be read page by page") { store in
            for number in 0..<25 { try await store.append(Sample.offered(number)) }
            var sequence: Int64 = 0
            var pages: [[LogEntry]] = []
            while true {
                let after = sequence
                let page = try await store.read { try $0.log(after: after, limit: 10) }
                guard let last = page.last else { break }
                pages.append(page)
                sequence = last.sequence
            }
            #expect(pages.map(\.count) == [10, 10, 5])
            #expect(pages.joined().map(\.referral) == (0..<25).map { Sample.id($0) })
            #expect(try await store.read { try $0.log(after: .max, limit: 10) } == [])
            #expect(try await store.read { try $0.log(after: .min, limit: 100) }.count == 25)
        },
        Rule("every text comes back as it was") { store in
            let texts = ["\"\\/\u{1}\u{1F}\u{7F}\n\r\t", "Söderort 🚨 e\u{301}", "'; DROP TABLE log; --", " ", "\u{2028}\u{FEFF}"]
            for (number, text) in texts.enumerated() {
                let sender = Participant(organisation: OrganisationID("o" + text), unit: UnitID(text))
                let recipient = OrganisationID("r" + text)
                let step = try Sample.offered(number, from: sender, message: text, to: [recipient])
                try await store.append(step)
                try await store.read { reader throws in
                    #expect(try reader.referral(step.state.id) == step.state)
                    #expect(try reader.log(of: step.state.id).map(\.actor) == [sender])
                    #expect(try reader.referral(from: sender, message: MessageID(text)) == step.state.id)
                    #expect(try reader.available(to: recipient, limit: 1) == [Sample.assignment(number)])
                }
            }
        },
        Rule("an id with a NUL, which databases cut, is refused and found nowhere") { store in
            try await store.append(Sample.offered(1, message: "m"))
            let cut = try Sample.offered(2, message: "m\u{0}x")
            #expect(await storeError { try await store.append(cut) } == .damaged)
            try await store.read { reader throws in
                #expect((try? reader.referral(from: Sample.police, message: MessageID("m\u{0}x"))) == nil)
                #expect((try? reader.referral(of: AssignmentID("\(Sample.assignment(1))\u{0}x"))) == nil)
                #expect(try reader.log(after: 0, limit: 10).count == 1)
            }
        },
    ]
}
