import Foundation
import TestSupport
import Testing

@Suite struct PKIScriptTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func run(_ folder: String, _ arguments: String..., input: String = "") async throws -> Program.Output {
        try await Program.run("bash", [DevelopmentPKI.script, "--out", folder] + arguments, input: input)
    }

    private func content(_ path: String) throws -> Data {
        try Data(contentsOf: URL(filePath: path))
    }

    @Test("A second run keeps what is valid, adds what is new; --renew remakes")
    func idempotent() async throws {
        try await withFolder { folder in
            try await run(folder, "-", input: "polisen/nord\npolisen/syd").check()
            let names = ["ca.crt", "server.crt", "clients/polisen/nord.crt", "clients/polisen/syd.crt"]
            let first = try names.map { try content("\(folder)/\($0)") }
            try await run(folder, "polisen/nord", "polisen/syd", "jouren/farsta").check()
            #expect(try names.map { try content("\(folder)/\($0)") } == first)
            #expect(FileManager.default.fileExists(atPath: "\(folder)/clients/jouren/farsta.crt"))

            try await run(folder, "--renew", "polisen/nord").check()
            let third = try names.map { try content("\(folder)/\($0)") }
            #expect(zip(first, third).map { $0 == $1 } == [true, true, false, true])
        }
    }

    @Test("No key can be read by others")
    func keyModes() async throws {
        try await withFolder { folder in
            try await run(folder, "polisen/nord").check()
            for name in ["ca.key", "server.key", "clients/polisen/nord.key"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test(
        "Wrong arguments are refused in words",
        arguments: ["polisen", "polisen/a/b", "../evil", "polisen/..", "a b/c", "--unknown", "--days"])
    func wrongArguments(argument: String) async throws {
        try await withFolder { folder in
            let output = try await run("\(folder)/new", argument)
            #expect(output.end == .exit(2))
            #expect(output.errors.hasPrefix("make-development-pki.sh: "))
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/new"))
        }
    }

    @Test("A certificate that does not exist cannot be revoked; one that does is revoked once")
    func revocation() async throws {
        try await withFolder { folder in
            #expect(try await run(folder, "--revoke", "polisen/nord").end == .exit(2))
            try await run(folder, "--revoke", "polisen/nord", "polisen/nord").check()
            try await run(folder, "--revoke", "polisen/nord").check()
            let list = try await Program.run("openssl", ["crl", "-in", "\(folder)/ca.crl", "-noout", "-text"])
            #expect(list.text.components(separatedBy: "Serial Number:").count == 2)
        }
    }
}
