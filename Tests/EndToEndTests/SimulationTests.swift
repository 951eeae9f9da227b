import Foundation
import Protobuf
import Referral
import ReferralAPI
import TestSupport
import Testing

/// `lots route simulate` without any daemon.
@Suite(.timeLimit(.minutes(6))) struct SimulationTests {
    private static let week = Installation.project.appending(path: "Tests/Streams/week.jsonl").path
    private static let shipped = Installation.project.appending(path: "config").path

    /// The shipped configuration, with changes to its directory, in a folder of its own.
    private func folder(_ name: String, in files: Daemon.Files, _ changes: [(String, String)] = []) throws -> String {
        let folder = files.folder.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var directory = try String(contentsOfFile: "\(Self.shipped)/directory.yaml", encoding: .utf8)
        for (old, new) in changes {
            #expect(directory.contains(old))
            directory = directory.replacing(old, with: new)
        }
        try directory.write(to: folder.appending(path: "directory.yaml"), atomically: true, encoding: .utf8)
        try FileManager.default.copyItem(atPath: "\(Self.shipped)/routing.yaml", toPath: folder.appending(path: "routing.yaml").path)
        try FileManager.default.copyItem(atPath: "\(Self.shipped)/routing", toPath: folder.appending(path: "routing").path)
        return folder.path
    }

    /// Stödcentrum Västerort without Järva: its young go to the brottsofferjour, and nobody mediates.
    private static let withoutJarva = [
        (
            "0180/rinkeby-kista, 0180/spanga-tensta, 0180/jarva]\n        services: [support, mediation]",
            "0180/rinkeby-kista, 0180/spanga-tensta]\n        services: [support, mediation]"
        )
    ]

    private func simulate(_ arguments: String...) async throws -> Program.Output {
        try await Program.run(Program.built("lots"), ["route", "simulate"] + arguments)
    }

    private func json(_ arguments: [String]) async throws -> JSONValue {
        let output = try await Program.run(Program.built("lots"), ["route", "simulate"] + arguments + ["--json"])
        #expect(output.end == .exit(0), "\(output.errors)")
        return try JSONValue(parsing: output.text)
    }

    private func count(_ value: JSONValue?) -> Int { value?.integer() ?? -1 }

    @Test func theWeekByTheSameAndByOtherRules() async throws {
        try await Daemon.Files.with { files in
            let same = try await json(["\(Self.shipped)/lots.yaml", Self.shipped, "--stream", Self.week])
            #expect(count(same["decisions"]) > 200 && same["kinds"]?["stays"] == same["decisions"])

            let new = try folder("new", in: files, Self.withoutJarva)
            let changed = try await json([Self.shipped, new, "--stream", Self.week])
            #expect(changed["referrals"] == same["referrals"] && changed["decisions"] == same["decisions"])
            let moves = Label.list(changed["moves"])
            #expect(moves.reduce(0) { $0 + count($1["decisions"]) } == count(changed["decisions"]))
            let away = moves.filter { $0["kind"]?.string == "elsewhere" }
            #expect(away.map { $0["from"]?["recipient"]?.string } == ["stodcentrum-vasterort"])
            #expect(away.map { $0["to"]?["recipient"]?.string } == ["bojen-vasterort"])
            #expect(count(away.first?["decisions"]) == count(changed["kinds"]?["elsewhere"]))
            // Who it is can be looked up; who that person is does not stand there.
            let examples = away.flatMap { Label.list($0["examples"]) }
            #expect(!examples.isEmpty && examples.count <= 3)
            for example in examples {
                guard case .object(let members) = example.content else { throw CocoaError(.coderInvalidValue) }
                #expect(members.map(\.name) == ["messageId", "place", "role", "age", "area"])
                #expect(example["area"]?.string == "0180/jarva" && (10...21).contains(count(example["age"])))
            }
            // On a day before either rule set nothing differs.
            let early = try await json([Self.shipped, new, "--stream", Self.week, "--date", "2010-01-01"])
            #expect(early["kinds"]?["stays"] == early["decisions"])

            let text = try await simulate(Self.shipped, new, "--stream", Self.week)
            #expect(text.end == .exit(0))
            for part in ["From whom to whom", "stodcentrum-vasterort", "Whom it concerns", "Examples", "What stays", "without consent"] {
                #expect(text.text.contains(part), "\(part)")
            }
        }
    }

    /// Neither the order of the lines nor how they are divided among files changes a count; a message counts once.
    @Test func linesInAnyOrder() async throws {
        try await Daemon.Files.with { files in
            let new = try folder("new", in: files, Self.withoutJarva)
            let districts = ["jarva", "bromma", "farsta", "kungsholmen"]
            let lines = try (0..<400).map { number in
                let area = Area(municipality: "0180", district: districts[number % 4])
                return try Sample.json(Sample.submission("m-\(number)", Sample.adult(in: area, age: 5 + number % 60)))
            }
            func write(_ name: String, _ lines: some Sequence<String>) throws -> String {
                let file = files.folder.appending(path: name).path
                try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
                return file
            }
            func counts(_ streams: [String]) async throws -> [String] {
                let result = try await json([Self.shipped, new, "--date", "2026-03-02", "--stream"] + streams)
                #expect(count(result["referrals"]) == 400)
                return Label.list(result["moves"]).map { move in
                    let ids = Label.list(move["examples"]).map { $0["messageId"]?.string ?? "" }
                    return "\(move["from"]?.text() ?? "") \(move["to"]?.text() ?? "") \(count(move["decisions"])) \(ids)"
                } + Label.list(result["groups"]).map { $0.text() }
            }
            let straight = try await counts([try write("straight", lines)])
            #expect(straight.count > 8)
            #expect(try await counts([try write("reversed", lines.reversed())]) == straight)
            let halves = [try write("one", lines[..<150]), try write("two", lines[140...])]
            #expect(try await counts(halves) == straight)
        }
    }

    @Test func whatCannotBeReadIsNamedAndLeftOut() async throws {
        try await Daemon.Files.with { files in
            var refused = Sample.adult()
            refused.person.age = 200
            var unasked = Sample.adult()
            unasked.consent.status = .notAsked
            var protected = Sample.young()
            protected.protectedIdentity = .confidentialityMarking
            let lines = [
                try Sample.json(Sample.submission("good")), "", "{\"messageId\": 5", try Sample.json(Sample.submission("refused", refused)),
                try Sample.json(Sample.submission("unasked", unasked)), try Sample.json(Sample.submission("good")),
                "{\"messageId\": \"x\"}",
                try Sample.json(Sample.submission("<b>", Sample.adult(age: 30))).replacing("<b>", with: "no space"),
                try Sample.json(Sample.submission("protected", protected)),
            ]
            let file = files.folder.appending(path: "lines").path
            try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            let output = try await simulate(Self.shipped, Self.shipped, "--stream", file, "--date", "2026-03-02", "--json")
            #expect(output.end == .exit(0))
            let result = try JSONValue(parsing: output.text)
            #expect(count(result["referrals"]) == 2 && count(result["leftOut"]?["unreadable"]) == 4)
            #expect(count(result["leftOut"]?["repeated"]) == 1 && count(result["leftOut"]?["withoutConsent"]) == 1)
            #expect(!output.text.contains("\"protected\""))
            let errors = output.errors.split(separator: "\n").map(String.init)
            #expect(errors.count == 4, "\(output.errors)")
            for (error, place) in zip(errors, ["lines:3:", "lines:4:", "lines:7:", "lines:8:"]) { #expect(error.contains(place)) }
            #expect(!output.errors.contains("200") && output.errors.contains("person.age"))
        }
    }

    @Test func thePageStandsAloneAndEscapesWhatComesFromOutside() async throws {
        try await Daemon.Files.with { files in
            let hostile = "<script>alert(\"1\")</script>&'</title></svg>"
            let new = try folder(
                "new <b>", in: files,
                Self.withoutJarva + [("name: Stödcentrum Västerort", "name: '\(hostile.replacing("'", with: "''"))'")])
            let page = files.folder.appending(path: "page.html")
            let stream = files.folder.appending(path: "w<i>.jsonl").path
            try FileManager.default.copyItem(atPath: Self.week, toPath: stream)
            let output = try await simulate(Self.shipped, new, "--stream", stream, "--html", page.path)
            #expect(output.end == .exit(0) && output.text.contains("From whom to whom"), "\(output.errors)")
            let text = try String(contentsOf: page, encoding: .utf8)
            #expect(text.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"))
            for forbidden in ["<script", "<b>", "<i>", "http", "src=", "href=", "url(", "@import"] {
                #expect(!text.contains(forbidden), "\(forbidden)")
            }
            for part in [
                "<html lang=\"sv\">", "<svg ", "role=\"img\"", "<title id=\"title-support\">", "<desc id=\"description-support\">",
                "<caption>Från vem till vem</caption>", "Brottsofferjouren Västerort", "Vilka det gäller", "Exempel att slå upp",
            ] {
                #expect(text.contains(part), "\(part)")
            }
            // Every element that is opened is closed, in order.
            var open: [Substring] = []
            for match in text.matches(of: /<(\/?)([a-z0-9]+)[^>]*?(\/?)>/) {
                let (closes, name, isEmpty) = (!match.1.isEmpty, match.2, !match.3.isEmpty || match.2 == "meta")
                if closes { #expect(open.popLast() == name) } else if !isEmpty { open.append(name) }
            }
            #expect(open.isEmpty, "\(open)")
        }
    }

    @Test func theExitCodeSaysWhatWentWrong() async throws {
        try await Daemon.Files.with { files in
            let empty = files.folder.appending(path: "empty").path
            try "".write(toFile: empty, atomically: true, encoding: .utf8)
            let other = files.folder.appending(path: "other").path
            try "{\"recording\":\"lots/9\"}\n".write(toFile: other, atomically: true, encoding: .utf8)
            let broken = try folder("broken", in: files, [("kind: auditor", "kind: nonsense")])
            for (code, arguments) in [
                (64, [Self.shipped]), (64, [Self.shipped, Self.shipped, "--stream", Self.week, "--date", "soon"]),
                (65, [Self.shipped, Self.shipped, "--stream", empty]), (65, [Self.shipped, Self.shipped, "--stream", other]),
                (66, [Self.shipped, Self.shipped, "--stream", "/nowhere/file"]), (78, [Self.shipped, broken, "--stream", Self.week]),
                (78, [Self.shipped, "/nowhere", "--stream", Self.week]),
            ] {
                let output = try await Program.run(Program.built("lots"), ["route", "simulate"] + arguments)
                #expect(output.end == .exit(Int32(code)) && !output.errors.isEmpty, "\(arguments): \(output.errors)")
            }
        }
    }
}

private enum Label {
    static func list(_ value: JSONValue?) -> [JSONValue] {
        if case .array(let values)? = value?.content { values } else { [] }
    }
}
