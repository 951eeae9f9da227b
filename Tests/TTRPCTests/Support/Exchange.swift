/// Bytes of real exchanges between containerd/ttrpc (Go) and ttrpc-rust peers, recorded on loopback.
///
/// Each step is one frame: ten bytes of header, then the body. The service is `echo.v1.Echo`, its messages are
/// `{ string text = 1; uint32 n = 2; bytes blob = 3; }`.
struct Exchange: Sendable, CustomStringConvertible {
    enum Step: Sendable {
        case client(String)
        case server(String)
    }

    var description: String
    var steps: [Step]
}

extension Exchange {
    static let unary = Exchange(
        description: "One call and its answer",
        steps: [
            .client("0000001d0000000101000a0c6563686f2e76312e4563686f1205556e6172791a060a0268691007"),
            .server("0000000800000001020012060a0268691007"),
        ])

    static let metadataAndTimeout = Exchange(
        description: "Two calls with metadata and a time limit on one connection",
        steps: [
            .client(
                "000000310000000101000a0c6563686f2e76312e4563686f1205556e6172791a060a026869100720b1f88cd0122a0c0a0574726163651203616263"),
            .server("0000001c000000010200121a0a166869206d643d6d61705b74726163653a5b6162635d5d1007"),
            .client(
                "000000310000000301000a0c6563686f2e76312e4563686f1205556e6172791a060a026869100720b487e0cf122a0c0a0574726163651203616263"),
            .server("0000001c000000030200121a0a166869206d643d6d61705b74726163653a5b6162635d5d1007"),
        ])

    static let errors = Exchange(
        description: "An application error, an unknown service, an unknown method, a slow answer",
        steps: [
            .client("0000001e0000000101000a0c6563686f2e76312e4563686f12044661696c1a080a04626f6f6d1005"),
            .server("0000000a0000000102000a0808051204626f6f6d"),
            .client("000000160000000301000a076e6f2e5375636812014d1a080a04626f6f6d1005"),
            .server("000000150000000302000a13080c120f73657276696365206e6f2e53756368"),
            .client("0000001e0000000501000a0c6563686f2e76312e4563686f12044e6f70651a080a04626f6f6d1005"),
            .server("000000110000000502000a0f080c120b6d6574686f64204e6f7065"),
            .client("0000001f0000000701000a0c6563686f2e76312e4563686f1205536c6565701a080a04626f6f6d1005"),
            .server("0000000a00000007020012080a04626f6f6d1005"),
        ])

    static let allStreamingKinds = Exchange(
        description: "Server streaming, client streaming, both",
        steps: [
            .client("0000001e0000000101010a0c6563686f2e76312e4563686f1206457870616e641a060a0261621002"),
            .server("000000060000000103000a0261621001"),
            .server("000000060000000103000a0261621002"),
            .server("00000000000000010305"),
            .client("000000170000000301020a0c6563686f2e76312e4563686f1207436f6c6c656374"),
            .client("000000060000000303000a0261621001"),
            .client("000000060000000303000a0261621002"),
            .client("00000000000000030305"),
            .server("0000000a00000003020012080a04616261621002"),
            .client("000000140000000501020a0c6563686f2e76312e4563686f120442696469"),
            .client("000000060000000503000a0261621001"),
            .server("000000060000000503000a0261621001"),
            .client("000000060000000503000a0261621002"),
            .server("000000060000000503000a0261621002"),
            .client("00000000000000050305"),
            .server("00000000000000050305"),
        ])

    static let abortedByServer = Exchange(
        description: "The server breaks a conversation off with a status",
        steps: [
            .client("000000140000000101020a0c6563686f2e76312e4563686f120442696469"),
            .client("000000080000000103000a046661696c1001"),
            .server("000000130000000102000a11080a120d61736b656420746f206661696c"),
        ])

    static let clientGoesAway = Exchange(
        description: "A time limit shorter than the handler; the client leaves when it has passed",
        steps: [
            .client("000000250000000101000a0c6563686f2e76312e4563686f1205536c6565701a090a04736c6f7710ac0220b6a9e417")
        ])

    static let emptyMessages = Exchange(
        description: "Empty request and empty answer: a Response of zero bytes",
        steps: [
            .client("000000150000000101000a0c6563686f2e76312e4563686f1205556e617279"),
            .server("00000000000000010200"),
        ])

    static let emptyConversation = Exchange(
        description: "A conversation without messages",
        steps: [
            .client("000000140000000101020a0c6563686f2e76312e4563686f120442696469"),
            .client("00000000000000010305"),
            .server("00000000000000010305"),
        ])

    static let rustSyncClient = Exchange(
        description: "ttrpc-rust 0.5.2, blocking client: an answer and two errors",
        steps: [
            .client("000000250000000101000a0c6563686f2e76312e4563686f1205556e6172791a080a047275737410052080bcc1960b"),
            .server("0000000a00000001020012080a04727573741005"),
            .client("000000190000000301000a046e6f70651201581a080a047275737410052080bcc1960b"),
            .server("000000120000000302000a10080c120c73657276696365206e6f7065"),
            .client("000000240000000501000a0c6563686f2e76312e4563686f12044e6f70651a080a047275737410052080bcc1960b"),
            .server("000000110000000502000a0f080c120b6d6574686f64204e6f7065"),
        ])

    static let rustAsyncClient = Exchange(
        description: "ttrpc-rust 0.9.0, async client: opens streams with flags 0x06",
        steps: [
            .client("0000001f0000000101000a0c6563686f2e76312e4563686f1205556e6172791a080a04727573741005"),
            .server("0000000a00000001020012080a04727573741005"),
            .client("0000001e0000000301000a0c6563686f2e76312e4563686f12044e6f70651a080a04727573741005"),
            .server("000000110000000302000a0f080c120b6d6574686f64204e6f7065"),
            .client("000000140000000501060a0c6563686f2e76312e4563686f120442696469"),
            .client("000000080000000503000a04727573741005"),
            .server("000000080000000503000a04727573741005"),
            .client("000000080000000503000a04727573741005"),
            .server("000000080000000503000a04727573741005"),
            .client("00000000000000050305"),
            .server("00000000000000050305"),
            .client("0000001a0000000701010a0c6563686f2e76312e4563686f1206457870616e641a021002"),
            .server("000000020000000703001001"),
            .server("000000020000000703001002"),
            .server("00000000000000070305"),
        ])

    static let rustServerErrors = Exchange(
        description: "ttrpc-rust reports an unknown service as INVALID_ARGUMENT",
        steps: [
            .client("000000200000000101000a0c6563686f2e76312e4563686f1205556e6172791a090a0568656c6c6f1002"),
            .server("0000000b00000001020012090a0568656c6c6f1002"),
            .client("000000170000000301000a076e6f2e5375636812014d1a090a0568656c6c6f1002"),
            .server("000000240000000302000a220803121e6e6f2e53756368207365727669636520646f6573206e6f74206578697374"),
            .client("0000001f0000000501000a0c6563686f2e76312e4563686f12044e6f70651a090a0568656c6c6f1002"),
            .server("000000110000000502000a0f080c120b4e6f7065206d6574686f64"),
        ])

    static let rustServerConversation = Exchange(
        description: "ttrpc-rust takes an opening with 0x02 for an empty message and echoes it",
        steps: [
            .client("000000140000000101020a0c6563686f2e76312e4563686f120442696469"),
            .server("00000000000000010300"),
            .client("000000090000000103000a0568656c6c6f1001"),
            .client("000000090000000103000a0568656c6c6f1002"),
            .server("000000090000000103000a0568656c6c6f1001"),
            .client("00000000000000010305"),
            .server("000000090000000103000a0568656c6c6f1002"),
            .server("00000000000000010305"),
        ])
}
