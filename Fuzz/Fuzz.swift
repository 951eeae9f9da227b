import FuzzTargets
import Glibc

// libFuzzer has the main function and calls the two below. The variable FUZZ_TARGET names what is fed.

/// Written once, before the first input.
private nonisolated(unsafe) var target: FuzzTarget?

private func complain(_ words: String) {
    _ = words.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    target = FuzzTarget.all.first { $0.name == name }
    if target == nil {
        complain("FUZZ_TARGET has to be one of \(FuzzTarget.all.map(\.name).joined(separator: ", "))\n")
        exit(2)
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    do {
        try target?.run(Array(UnsafeBufferPointer(start: data, count: size)))
    } catch {
        complain("this does not hold: \(error)\n")
        abort()
    }
    return 0
}
