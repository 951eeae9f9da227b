import COpenSSL

/// OpenSSL's error queue of the current thread.
///
/// It must be emptied before a call whose outcome is asked for, and read on the same thread before any other call.
enum OpenSSLErrorQueue {
    static func clear() {
        // Clearing walks all slots of the queue, looking does not; it is nearly always empty.
        if ERR_peek_error() != 0 {
            ERR_clear_error()
        }
    }

    /// The oldest entry, which is the cause of those after it; 0 when there is none.
    static func oldest() -> UInt {
        ERR_peek_error()
    }

    /// Empties the queue and gives the cause in OpenSSL's words, or `otherwise` when it holds nothing.
    static func takeReason(otherwise: String) -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        return code == 0 ? otherwise : reason(code)
    }

    private static func reason(_ code: UInt) -> String {
        if let text = ERR_reason_error_string(code) {
            return String(cString: text)
        }
        // Faults of the operating system have no reason string of their own, but end the long form.
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer -> String in
            guard let start = buffer.baseAddress else { return "" }
            ERR_error_string_n(code, start, buffer.count)
            return String(cString: start)
        }
        return text.split(separator: ":").last.map(String.init) ?? text
    }
}
