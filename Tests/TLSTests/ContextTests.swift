import Foundation
import TestSupport
import Testing

@testable import TLS

@Suite struct ContextTests {
    private func faults(_ make: () throws -> TLSContext, sourceLocation: SourceLocation = #_sourceLocation) -> [String] {
        do {
            _ = try make()
            Issue.record("the configuration was accepted", sourceLocation: sourceLocation)
            return []
        } catch let error as TLSError {
            #expect(error.code == .configuration, sourceLocation: sourceLocation)
            return error.message.split(separator: "\n").map(String.init)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
            return []
        }
    }

    @Test("Every fault of a configuration is reported at once, with its file")
    func allFaults() async throws {
        let pki = try await DevelopmentPKI.current
        let found = faults {
            try pki.client(expecting: .init(spiffeIdentifier: "spiffe://Lots/x")) {
                $0.certificateChainFile = pki.path("missing.crt")
                $0.privateKeyFile = pki.path("missing.key")
                $0.trustRootsFile = pki.path("missing-ca.crt")
                $0.revocationListFiles = [pki.path("ca.crl"), pki.path("missing.crl"), pki.path("ca.crt")]
                $0.revokedSerialNumbers = ["0A", "not hexadecimal"]
                $0.applicationProtocols = ["", "lots/1", "lots/1"]
            }
        }
        #expect(
            found == [
                "revoked serial number \"not hexadecimal\": up to 40 hexadecimal digits are required",
                "expected server \"spiffe://Lots/x\": not of the form spiffe://<trust domain>/<organisation>/<unit>",
                "application protocol \"\": a name has 1 to 255 bytes",
                "application protocols: a name is listed twice",
                "certificate chain file \(pki.path("missing.crt")): No such file or directory",
                "private key file \(pki.path("missing.key")): No such file or directory",
                "trust roots file \(pki.path("missing-ca.crt")): No such file or directory",
                "revocation list file \(pki.path("missing.crl")): No such file or directory",
                "revocation list file \(pki.path("ca.crt")): no start line",
            ])
    }

    @Test("A key of another certificate")
    func mismatchedKey() async throws {
        let pki = try await DevelopmentPKI.current
        let key = pki.path("clients/jouren/farsta.key")
        let found = faults { try pki.server { $0.privateKeyFile = key } }
        #expect(found == ["private key file \(key): the key does not match certificate \(pki.path("server.crt"))"])
    }

    @Test("A key file that others may read, write or run", arguments: [0o640, 0o604, 0o620, 0o601])
    func keyFileMode(mode: Int) async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let key = "\(folder)/copy.key"
        try FileManager.default.copyItem(atPath: pki.path("server.key"), toPath: key)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: key)
        _ = try pki.server { $0.privateKeyFile = key }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: key)
        let found = faults { try pki.server { $0.privateKeyFile = key } }
        #expect(found == ["private key file \(key): accessible to others than its owner: chmod 600 \(key)"])
    }

    @Test("Key files that are none: encrypted, a certificate, a folder")
    func unusableKeys() async throws {
        let pki = try await DevelopmentPKI.current
        #expect(
            faults { try pki.server { $0.privateKeyFile = pki.path("encrypted.key") } }
                == ["private key file \(pki.path("encrypted.key")): encrypted keys are not supported"])
        #expect(
            faults { try pki.server { $0.privateKeyFile = pki.path("ca") } } == ["private key file \(pki.path("ca")): not a regular file"])
        let certificate = pki.path("server.crt")
        #expect(faults { try pki.server { $0.privateKeyFile = certificate } }.last?.hasPrefix("private key file \(certificate): ") == true)
    }

    @Test("A client must know whom it expects")
    func noExpectation() async throws {
        let pki = try await DevelopmentPKI.current
        #expect(faults { try pki.client(expecting: .init()) }.count == 1)
        #expect(faults { try pki.client(expecting: .init(hostName: "")) }.count == 1)
    }

    @Test("A context says what peers would refuse about its own certificate")
    func ownCertificate() async throws {
        let pki = try await DevelopmentPKI.current
        let now = Int64(Date().timeIntervalSince1970)
        #expect(try pki.server().certificateFaults(at: now) == [])
        #expect(try pki.server().certificateFaults(at: 0) == ["\(pki.path("server.crt")): certificate not yet valid"])
        let expired = try pki.client("clients/polisen/expired")
        #expect(expired.certificateFaults(at: now) == ["\(pki.path("clients/polisen/expired.crt")): certificate expired"])
        #expect(try pki.client("two-uris").certificateFaults(at: now).first?.contains("has 2 URI names instead of one") == true)
    }

    @Test("Authorities of which there is no revocation list, also when one of the same name has one")
    func authoritiesWithoutList() async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func subject(_ form: String) async throws -> String {
            let output = try await Program.run("openssl", ["x509", "-in", pki.path("ca.crt"), "-noout", "-subject", "-nameopt", form])
            return String(output.text.dropFirst("subject=".count).prefix { $0 != "\n" })
        }
        let next = "\(folder)/next.crt"
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "\(folder)/next.key"]
        try await Program.run("openssl", ["req", "-x509", "-subj", try await subject("compat"), "-out", next] + key).check()
        func authorities(_ files: [String], lists: [String]) throws -> [String] {
            let bundle = "\(folder)/bundle.crt"
            try Data(files.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined().utf8).write(to: URL(filePath: bundle))
            return try pki.server {
                $0.trustRootsFile = bundle
                $0.revocationListFiles = lists
            }.authoritiesWithoutList
        }
        let (own, foreign) = (pki.path("ca.crt"), pki.path("foreign/ca.crt"))
        #expect(try authorities([own, foreign], lists: []) == [])
        #expect(try authorities([own, foreign], lists: [pki.path("ca.crl"), pki.path("foreign/ca.crl")]) == [])
        #expect(try authorities([own, foreign], lists: [pki.path("foreign/ca.crl")]) == [try await subject("RFC2253")])
        #expect(try authorities([own, next], lists: [pki.path("ca.crl")]) == [try await subject("RFC2253")])
    }

    @Test("A server name that cannot be sent")
    func serverName() async throws {
        let pki = try await DevelopmentPKI.current
        let context = try pki.client()
        #expect(throws: TLSError.self) { try TLSEngine(context: context, serverName: String(repeating: "x", count: 256)) }
    }
}
