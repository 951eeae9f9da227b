package main

import "github.com/gogo/protobuf/proto"

// The messages of the echo service and those of lots.v1 that a sender needs, for the reflection of gogo/protobuf. A one-member oneof
// has the bytes of a plain field.

type echoMessage struct {
	Text   string `protobuf:"bytes,1,opt,name=text,proto3"`
	Number uint32 `protobuf:"varint,2,opt,name=n,proto3"`
	Blob   []byte `protobuf:"bytes,3,opt,name=blob,proto3"`
}

type submitRequest struct {
	MessageID string    `protobuf:"bytes,1,opt,name=message_id,proto3"`
	Referral  *referral `protobuf:"bytes,2,opt,name=referral,proto3"`
}

type referral struct {
	Person            *person    `protobuf:"bytes,1,opt,name=person,proto3"`
	Role              int32      `protobuf:"varint,2,opt,name=role,proto3"`
	Areas             *areas     `protobuf:"bytes,4,opt,name=areas,proto3"`
	Contacts          []*contact `protobuf:"bytes,5,rep,name=contacts,proto3"`
	Consent           *consent   `protobuf:"bytes,6,opt,name=consent,proto3"`
	LegalBasis        int32      `protobuf:"varint,7,opt,name=legal_basis,proto3"`
	ProtectedIdentity int32      `protobuf:"varint,8,opt,name=protected_identity,proto3"`
	Language          string     `protobuf:"bytes,9,opt,name=language,proto3"`
	Event             *event     `protobuf:"bytes,11,opt,name=event,proto3"`
	Services          []int32    `protobuf:"varint,12,rep,packed,name=services,proto3"`
	Test              bool       `protobuf:"varint,16,opt,name=test,proto3"`
}

type person struct {
	Name string `protobuf:"bytes,1,opt,name=name,proto3"`
	Age  uint32 `protobuf:"varint,4,opt,name=age,proto3"`
	Sex  int32  `protobuf:"varint,5,opt,name=sex,proto3"`
}

type areas struct {
	Residence *area `protobuf:"bytes,1,opt,name=residence,proto3"`
}

type area struct {
	Municipality string `protobuf:"bytes,1,opt,name=municipality,proto3"`
	District     string `protobuf:"bytes,2,opt,name=district,proto3"`
}

type contact struct {
	Phone  string `protobuf:"bytes,1,opt,name=phone,proto3"`
	Holder int32  `protobuf:"varint,4,opt,name=holder,proto3"`
}

type consent struct {
	Status  int32 `protobuf:"varint,1,opt,name=status,proto3"`
	Support bool  `protobuf:"varint,2,opt,name=support,proto3"`
}

type event struct {
	Category int32 `protobuf:"varint,1,opt,name=category,proto3"`
	Reported int32 `protobuf:"varint,6,opt,name=reported,proto3"`
}

type receipt struct {
	MessageID     string           `protobuf:"bytes,1,opt,name=message_id,proto3"`
	ReferralID    string           `protobuf:"bytes,2,opt,name=referral_id,proto3"`
	ReceivedAt    *timestamp       `protobuf:"bytes,3,opt,name=received_at,proto3"`
	Outcome       int32            `protobuf:"varint,4,opt,name=outcome,proto3"`
	Reason        string           `protobuf:"bytes,5,opt,name=reason,proto3"`
	Services      []*serviceResult `protobuf:"bytes,6,rep,name=services,proto3"`
	ContentDigest string           `protobuf:"bytes,7,opt,name=content_digest,proto3"`
}

type timestamp struct {
	Seconds int64 `protobuf:"varint,1,opt,name=seconds,proto3"`
	Nanos   int32 `protobuf:"varint,2,opt,name=nanos,proto3"`
}

type serviceResult struct {
	Service int32 `protobuf:"varint,1,opt,name=service,proto3"`
	Routing int32 `protobuf:"varint,2,opt,name=routing,proto3"`
}

type faults struct {
	Faults []*fault `protobuf:"bytes,1,rep,name=faults,proto3"`
}

type fault struct {
	Path string `protobuf:"bytes,1,opt,name=path,proto3"`
	Rule string `protobuf:"bytes,2,opt,name=rule,proto3"`
}

func (m *echoMessage) Reset()         { *m = echoMessage{} }
func (m *echoMessage) String() string { return proto.CompactTextString(m) }
func (m *echoMessage) ProtoMessage()  {}

func (m *submitRequest) Reset()         { *m = submitRequest{} }
func (m *submitRequest) String() string { return proto.CompactTextString(m) }
func (m *submitRequest) ProtoMessage()  {}

func (m *referral) Reset()         { *m = referral{} }
func (m *referral) String() string { return proto.CompactTextString(m) }
func (m *referral) ProtoMessage()  {}

func (m *person) Reset()         { *m = person{} }
func (m *person) String() string { return proto.CompactTextString(m) }
func (m *person) ProtoMessage()  {}

func (m *areas) Reset()         { *m = areas{} }
func (m *areas) String() string { return proto.CompactTextString(m) }
func (m *areas) ProtoMessage()  {}

func (m *area) Reset()         { *m = area{} }
func (m *area) String() string { return proto.CompactTextString(m) }
func (m *area) ProtoMessage()  {}

func (m *contact) Reset()         { *m = contact{} }
func (m *contact) String() string { return proto.CompactTextString(m) }
func (m *contact) ProtoMessage()  {}

func (m *consent) Reset()         { *m = consent{} }
func (m *consent) String() string { return proto.CompactTextString(m) }
func (m *consent) ProtoMessage()  {}

func (m *event) Reset()         { *m = event{} }
func (m *event) String() string { return proto.CompactTextString(m) }
func (m *event) ProtoMessage()  {}

func (m *receipt) Reset()         { *m = receipt{} }
func (m *receipt) String() string { return proto.CompactTextString(m) }
func (m *receipt) ProtoMessage()  {}

func (m *timestamp) Reset()         { *m = timestamp{} }
func (m *timestamp) String() string { return proto.CompactTextString(m) }
func (m *timestamp) ProtoMessage()  {}

func (m *serviceResult) Reset()         { *m = serviceResult{} }
func (m *serviceResult) String() string { return proto.CompactTextString(m) }
func (m *serviceResult) ProtoMessage()  {}

func (m *faults) Reset()         { *m = faults{} }
func (m *faults) String() string { return proto.CompactTextString(m) }
func (m *faults) ProtoMessage()  {}

func (m *fault) Reset()         { *m = fault{} }
func (m *fault) String() string { return proto.CompactTextString(m) }
func (m *fault) ProtoMessage()  {}
