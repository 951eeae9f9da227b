import CTestMessages
import Protobuf

let leafType = MessageType(lots__test__v1__leaf__init)
let scalarsType = MessageType(lots__test__v1__scalars__init)
let listsType = MessageType(lots__test__v1__lists__init)
let choicesType = MessageType(lots__test__v1__choices__init)
let timesType = MessageType(lots__test__v1__times__init)
let treeType = MessageType(lots__test__v1__tree__init)
let smallType = MessageType(lots__test__v1__small__init)
let timestampType = MessageType(lots__test__known__timestamp__init)

extension [UInt8] {
    /// The bytes that pairs of hexadecimal digits stand for. Spaces are for the eye.
    init(hexadecimal: String) {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// A tag (given as hexadecimal) with a length and the content after it.
    static func field(_ tag: String, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = content.count
        while rest >= 0x80 {
            length.append(UInt8(rest & 0x7f | 0x80))
            rest >>= 7
        }
        return [UInt8](hexadecimal: tag) + length + [UInt8(rest)] + content
    }
}
