import Foundation
import Referral
import StoreContract
import Testing

@testable import SQLiteStore

/// What has been erased is not in the files either.
@Suite struct ErasureTests {
    let harness: SQLiteHarness

    init() throws { harness = try SQLiteHarness() }

    // Within a page, and over many.
    @Test(arguments: [1, 10_000]) func nothingOfItIsLeftInTheDatabase(repetitions: Int) async throws {
        let marker = Array("a name that nobody has".utf8)
        var store = try harness.open()
        for number in 1...3 {
            let content = number == 2 ? Array([[UInt8]](repeating: marker, count: repetitions).joined()) : [UInt8(number)]
            try await store.append(Sample.offered(number, content: content))
        }
        try await store.close()
        #expect(try holds(marker), "it was there")

        store = try harness.open()
        let state = try #require(try await store.read { try $0.referral(Sample.id(2)) })
        try await store.append(Sample.erased(state))
        try await store.close()
        #expect(try !holds(marker))
    }

    private func holds(_ bytes: [UInt8]) throws -> Bool {
        try FileManager.default.contentsOfDirectory(at: harness.folder, includingPropertiesForKeys: nil).contains { file in
            try Data(contentsOf: file).range(of: Data(bytes)) != nil
        }
    }
}
