import CTestMessages
import Protobuf
import Testing

/// Messages with their bytes and their JSON as another implementation (protobuf for Python 4.21.12) writes them, but for white
/// space, escapes that need not be, and `.0` at the end of numbers.
struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let type: AnyMessageType
    let bytes: [UInt8]
    let json: String

    private init(_ name: String, _ type: AnyMessageType, _ hexadecimal: String, _ json: String) {
        self.name = name
        self.type = type
        bytes = Array(hexadecimal: hexadecimal)
        self.json = json
    }

    var testDescription: String { name }

    static let all = [
        Sample(
            "scalars", AnyMessageType(scalarsType),
            """
            09355800662deb41fe15cdcccc3d1880808080f8ffffffff01208080808080808080800128ffffffff0f30ffffffffffffff\
            ffff0138ffffffff0f40ffffffffffffffffff014dffffffff51ffffffffffffffff5d000000806100000000000000806801\
            7214c38573612022c3b622205c200ae280a8f09f98807a1100112233445566778899aabbccddeeffff8001fdffffffffffff\
            ffff018a0100
            """,
            #"""
            {"aDouble":-1.5e+300,"aFloat":0.1,"anInt32":-2147483648,"anInt64":"-9223372036854775808","aUint32":4294967295,\#
            "aUint64":"18446744073709551615","aSint32":-2147483648,"aSint64":"-9223372036854775808","aFixed32":4294967295,\#
            "aFixed64":"18446744073709551615","aSfixed32":-2147483648,"aSfixed64":"-9223372036854775808","aBool":true,\#
            "aString":"Åsa \"ö\" \\ \n\#u{2028}😀","someBytes":"ABEiM0RVZneImaq7zN3u//8=","colour":"COLOUR_BELOW_ZERO","leaf":{}}
            """#),
        Sample(
            "lists", AnyMessageType(listsType),
            """
            0a3000000000000000000000000000000080000000000000f07f000000000000f0ff0100000000000000ffffffffffffef7f\
            120c000000000000c03fffff7f7f1a0c0001ffffffffffffffffff01221400ffffffffffffffff7fffffffffffffffffff01\
            2a0300ac02320b00ffffffffffffffffff013a03000102420b01feffffffffffffffff014a08000000000700000052080700\
            0000000000005a04f9ffffff6208f9ffffffffffffff6a02010072007201617a007a010082010d0002fdffffffffffffffff\
            014d8a01008a01050a017810039001019001ffffffffffffffffff01900100
            """,
            #"""
            {"doubles":[0,-0,"Infinity","-Infinity",5e-324,1.7976931348623157e+308],"floats":[0,1.5,3.4028235e+38],\#
            "int32s":[0,1,-1],"int64s":["0","9223372036854775807","-1"],"uint32s":[0,300],"uint64s":["0",\#
            "18446744073709551615"],"sint32s":[0,-1,1],"sint64s":["-1","9223372036854775807"],"fixed32s":[0,7],\#
            "fixed64s":["7"],"sfixed32s":[-7],"sfixed64s":["-7"],"bools":[true,false],"strings":["","a"],"blobs":["",\#
            "AA=="],"colours":["COLOUR_UNSPECIFIED","COLOUR_DEEP_BLUE","COLOUR_BELOW_ZERO",77],"leaves":[{},{"name":"x",\#
            "count":3}],"loose":[1,-1,0]}
            """#),
        Sample(
            "two choices at their defaults", AnyMessageType(choicesType), "08001200a206017a",
            #"""
            {"maybeNumber":0,"text":"","after":"z"}
            """#),
        Sample(
            "choice of an empty message", AnyMessageType(choicesType), "1a00",
            #"""
            {"leaf":{}}
            """#),
        Sample(
            "choice of no bytes", AnyMessageType(choicesType), "2200",
            #"""
            {"blob":""}
            """#),
        Sample(
            "choice of zero", AnyMessageType(choicesType), "290000000000000000",
            #"""
            {"real":0}
            """#),
        Sample(
            "choice of false", AnyMessageType(choicesType), "3000",
            #"""
            {"flag":false}
            """#),
        Sample(
            "choice of the first value", AnyMessageType(choicesType), "3800",
            #"""
            {"colour":"COLOUR_UNSPECIFIED"}
            """#),
        Sample(
            "choice of a 64-bit zero", AnyMessageType(choicesType), "4000",
            #"""
            {"big":"0"}
            """#),
        Sample(
            "times", AnyMessageType(timesType),
            """
            0a0c0898e5d1cf061080cab5ee01121608ffffffffffffffffff0110d49febffffffffffff011a00220b088092b8c398feff\
            ffff01220d08ff82d1ffaf0710ff93ebdc032200221108ffffffffffffffffff0110c08faedc03220908c0e9eec50310e807\
            220b0880948de5f7ffffffff01220608ffb484af06220b08ffbed0a60f1080c2d72f2a070880bcaece97092a0b0880c4d1b1\
            e8f6ffffff012a002a0410c0843d2a0b10ffffffffffffffffff012a05080310e807
            """,
            #"""
            {"at":"2026-05-01T09:30:00.500Z","lasting":"-1.000340012s","nothing":{},"moments":["0001-01-01T00:00:00Z",\#
            "9999-12-31T23:59:59.999999999Z","1970-01-01T00:00:00Z","1969-12-31T23:59:59.999Z",\#
            "2000-02-29T12:00:00.000001Z","1900-03-01T00:00:00Z","2024-02-29T23:59:59Z","2100-02-28T23:59:59.100Z"],\#
            "durations":["315576000000s","-315576000000s","0s","0.001s","-0.000000001s","3.000001s"]}
            """#),
        Sample(
            "tree", AnyMessageType(treeType), "0a020a00120812032a01622a016112002a04726f6f74c23e021805faffffff0f03720171",
            #"""
            {"onlyChild":{"onlyChild":{}},"children":[{"children":[{"label":"b"}],"label":"a"},{}],"label":"root",\#
            "scalars":{"anInt32":5},"lists":{"strings":["q"]}}
            """#),
    ]
}
