// A peer written with containerd's ttrpc for Go, version 1.1.1 as Debian has it: unary calls over mutual TLS 1.3.
//
//	peer serve AUTHORITY CERTIFICATE KEY          prints "port N", then answers until its input ends
//	peer call PORT AUTHORITY CERTIFICATE KEY      makes calls of the echo service; prints "ok NAME" for each check
//	peer bench PORT AUTHORITY CERTIFICATE KEY OUTSTANDING SECONDS BYTES    measures unary calls on one connection
//	peer submit PORT AUTHORITY CERTIFICATE KEY    submits referrals to an exchange; prints "ok NAME" for each check
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/containerd/ttrpc"
	"github.com/gogo/protobuf/proto"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	echoService     = "echo.v1.Echo"
	referralService = "lots.v1.ReferralService"
	largestBody     = 4 << 20
	patience        = 30 * time.Second
)

func main() {
	if len(os.Args) < 2 {
		stop(errors.New("usage: peer serve|call|bench|submit ..."))
	}
	arguments := os.Args[2:]
	switch {
	case os.Args[1] == "serve" && len(arguments) == 3:
		stop(serve(credentials(arguments)))
	case os.Args[1] == "call" && len(arguments) == 4:
		stop(run(arguments[0], credentials(arguments[1:]), echoChecks))
	case os.Args[1] == "bench" && len(arguments) == 7:
		stop(bench(arguments[0], credentials(arguments[1:4]), arguments[4:]))
	case os.Args[1] == "submit" && len(arguments) == 4:
		stop(run(arguments[0], credentials(arguments[1:]), submitChecks))
	default:
		stop(errors.New("wrong arguments"))
	}
}

func stop(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func credentials(files []string) *tls.Config {
	authority, err := os.ReadFile(files[0])
	if err != nil {
		stop(err)
	}
	certificate, err := tls.LoadX509KeyPair(files[1], files[2])
	if err != nil {
		stop(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	return &tls.Config{
		Certificates: []tls.Certificate{certificate}, RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS13, ServerName: "localhost", NextProtos: []string{"ttrpc"},
	}
}

// MARK: the server

func serve(config *tls.Config) error {
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		return err
	}
	server, err := ttrpc.NewServer()
	if err != nil {
		return err
	}
	server.Register(echoService, map[string]ttrpc.Method{
		"Unary": answer(func(ctx context.Context, m *echoMessage) (*echoMessage, error) {
			if metadata, ok := ttrpc.GetMetadata(ctx); ok {
				values, _ := metadata.Get("trace")
				m.Text += strings.Join(values, ",")
			}
			return m, nil
		}),
		"Fail": answer(func(ctx context.Context, m *echoMessage) (*echoMessage, error) {
			return nil, status.Error(codes.Code(m.Number), m.Text)
		}),
		"Crash": answer(func(ctx context.Context, m *echoMessage) (*echoMessage, error) {
			return nil, errors.New("crashed")
		}),
		// Answers only when the caller's deadline has passed.
		"Forever": answer(func(ctx context.Context, m *echoMessage) (*echoMessage, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}),
		"Remaining": answer(func(ctx context.Context, m *echoMessage) (*echoMessage, error) {
			deadline, ok := ctx.Deadline()
			if !ok {
				return &echoMessage{Text: "none"}, nil
			}
			return &echoMessage{Number: uint32(time.Until(deadline).Seconds())}, nil
		}),
		"Blob": answer(func(ctx context.Context, m *echoMessage) (*echoMessage, error) {
			return &echoMessage{Blob: make([]byte, m.Number)}, nil
		}),
	})
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return server.Serve(context.Background(), listener)
}

func answer(body func(context.Context, *echoMessage) (*echoMessage, error)) ttrpc.Method {
	return func(ctx context.Context, decode func(interface{}) error) (interface{}, error) {
		m := new(echoMessage)
		if err := decode(m); err != nil {
			return nil, err
		}
		return body(ctx, m)
	}
}

// MARK: the client

type check struct {
	name string
	body func(context.Context, *ttrpc.Client) error
}

// Every check uses the same connection: what one leaves behind, the next one meets.
func run(port string, config *tls.Config, checks []check) error {
	connection, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
	if err != nil {
		return err
	}
	client := ttrpc.NewClient(connection, ttrpc.WithUnaryClientInterceptor(sendTimeout))
	defer client.Close()
	for _, check := range checks {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err := check.body(ctx, client)
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", check.name, err)
		}
		fmt.Println("ok", check.name)
	}
	return nil
}

// The timeout to send, in place of the context's.
type sentTimeout struct{}

func sendTimeout(
	ctx context.Context, request *ttrpc.Request, response *ttrpc.Response, _ *ttrpc.UnaryClientInfo, invoke ttrpc.Invoker,
) error {
	if timeout, ok := ctx.Value(sentTimeout{}).(time.Duration); ok {
		request.TimeoutNano = timeout.Nanoseconds()
	}
	return invoke(ctx, request, response)
}

func echo(ctx context.Context, client *ttrpc.Client, sent *echoMessage) error {
	var got echoMessage
	if err := client.Call(ctx, echoService, "Unary", sent, &got); err != nil {
		return err
	}
	if got.Text != sent.Text || got.Number != sent.Number || !bytes.Equal(got.Blob, sent.Blob) {
		return fmt.Errorf("another message came back for %q, %d", sent.Text, sent.Number)
	}
	return nil
}

func expect(err error, code codes.Code, message string) error {
	if got, ok := status.FromError(err); err == nil || !ok || got.Code() != code || message != "*" && got.Message() != message {
		return fmt.Errorf("expected %v %q, got %v", code, message, err)
	}
	return nil
}

// What a request for "Immediate" has room for beside both names and the lengths of payload and blob.
var largestBlob = make([]byte, largestBody-(2+len(echoService))-(2+len("Immediate"))-(1+4)-(1+4))

var echoChecks = []check{
	{"echo", func(ctx context.Context, client *ttrpc.Client) error {
		return echo(ctx, client, &echoMessage{Text: "räksmörgås", Number: 1<<32 - 1, Blob: []byte{0, 255}})
	}},
	{"empty message", func(ctx context.Context, client *ttrpc.Client) error {
		return echo(ctx, client, &echoMessage{})
	}},
	{"no deadline", func(ctx context.Context, client *ttrpc.Client) error {
		return echo(context.Background(), client, &echoMessage{Text: "x"})
	}},
	{"metadata", func(ctx context.Context, client *ttrpc.Client) error {
		metadata := ttrpc.MD{}
		metadata.Append("trace", "abc", "def")
		var got echoMessage
		err := client.Call(ttrpc.WithMetadata(ctx, metadata), echoService, "Unary", &echoMessage{Text: "hi"}, &got)
		if err == nil && got.Text != "hi md=map[trace:[abc] trace:[def]]" {
			err = fmt.Errorf("the server saw %q", got.Text)
		}
		return err
	}},
	{"statuses", func(ctx context.Context, client *ttrpc.Client) error {
		for code := codes.Code(1); code <= codes.Unauthenticated; code++ {
			text := fmt.Sprintf("skäl %d", code)
			err := client.Call(ctx, echoService, "Fail", &echoMessage{Text: text, Number: uint32(code)}, &echoMessage{})
			if err := expect(err, code, text); err != nil {
				return err
			}
		}
		return nil
	}},
	{"failure without a status", func(ctx context.Context, client *ttrpc.Client) error {
		return expect(client.Call(ctx, echoService, "Crash", &echoMessage{}, &echoMessage{}), codes.Internal, "internal error")
	}},
	{"unknown method and service", func(ctx context.Context, client *ttrpc.Client) error {
		err := expect(client.Call(ctx, echoService, "Nope", &echoMessage{}, &echoMessage{}), codes.Unimplemented, "method Nope")
		if err != nil {
			return err
		}
		return expect(client.Call(ctx, "no.Such", "M", &echoMessage{}, &echoMessage{}), codes.Unimplemented, "service no.Such")
	}},
	{"deadline", func(ctx context.Context, client *ttrpc.Client) error {
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		err := client.Call(short, echoService, "Wait", &echoMessage{}, &echoMessage{})
		if !errors.Is(err, context.DeadlineExceeded) && status.Code(err) != codes.DeadlineExceeded {
			return fmt.Errorf("expected the deadline to pass, got %v", err)
		}
		return nil
	}},
	// Here only the server knows the deadline, so that it is its answer that is seen.
	{"deadline enforced by the server", func(ctx context.Context, client *ttrpc.Client) error {
		ctx = context.WithValue(context.Background(), sentTimeout{}, 20*time.Millisecond)
		return expect(client.Call(ctx, echoService, "Wait", &echoMessage{}, &echoMessage{}), codes.DeadlineExceeded, "*")
	}},
	{"deadline that has passed", func(ctx context.Context, client *ttrpc.Client) error {
		ctx = context.WithValue(context.Background(), sentTimeout{}, -time.Millisecond)
		return expect(client.Call(ctx, echoService, "Unary", &echoMessage{}, &echoMessage{}), codes.DeadlineExceeded, "*")
	}},
	{"largest body", func(ctx context.Context, client *ttrpc.Client) error {
		var got echoMessage
		// Without a deadline, which would take bytes of its own.
		if err := client.Call(context.Background(), echoService, "Immediate", &echoMessage{Blob: largestBlob}, &got); err != nil {
			return err
		}
		if len(got.Blob) != len(largestBlob) {
			return fmt.Errorf("%d of %d bytes came back", len(got.Blob), len(largestBlob))
		}
		return nil
	}},
	{"body one byte over the limit", func(ctx context.Context, client *ttrpc.Client) error {
		blob := append([]byte{0}, largestBlob...)
		err := client.Call(context.Background(), echoService, "Immediate", &echoMessage{Blob: blob}, &echoMessage{})
		return expect(err, codes.ResourceExhausted, "*")
	}},
	{"answer over the limit", func(ctx context.Context, client *ttrpc.Client) error {
		return expect(client.Call(ctx, echoService, "Huge", &echoMessage{}, &echoMessage{}), codes.ResourceExhausted, "*")
	}},
	{"concurrent calls", func(ctx context.Context, client *ttrpc.Client) error {
		return concurrently(64, func(worker int) error {
			for call := 0; call < 50; call++ {
				number := uint32(worker*1000 + call)
				if err := echo(ctx, client, &echoMessage{Text: fmt.Sprint(number), Number: number}); err != nil {
					return err
				}
			}
			return nil
		})
	}},
}

func concurrently(workers int, body func(worker int) error) error {
	failures := make(chan error, workers)
	var group sync.WaitGroup
	for worker := 0; worker < workers; worker++ {
		group.Add(1)
		go func(worker int) {
			defer group.Done()
			if err := body(worker); err != nil {
				failures <- err
			}
		}(worker)
	}
	group.Wait()
	close(failures)
	return <-failures
}

// MARK: the sender of referrals

// An invented adult in Hässelby-Vällingby.
func submission(id string) *submitRequest {
	return &submitRequest{
		MessageID: id,
		Referral: &referral{
			Person:     &person{Name: "Exempla Påhittad", Age: 41, Sex: 1},
			Role:       1,
			Areas:      &areas{Residence: &area{Municipality: "0180", District: "hasselby-vallingby"}},
			Contacts:   []*contact{{Phone: "+46701740605", Holder: 1}},
			Consent:    &consent{Status: 2, Support: true},
			LegalBasis: 1, ProtectedIdentity: 1, Language: "sv",
			Event:    &event{Category: 3, Reported: 1},
			Services: []int32{1},
			Test:     true,
		},
	}
}

func submit(ctx context.Context, client *ttrpc.Client, id string) (*receipt, error) {
	got := new(receipt)
	if err := client.Call(ctx, referralService, "Submit", submission(id), got); err != nil {
		return nil, err
	}
	if got.MessageID != id || got.ReferralID == "" || got.ReceivedAt == nil || len(got.ContentDigest) != 64 {
		return nil, fmt.Errorf("not a whole receipt: %v", got)
	}
	if got.Outcome != 1 || len(got.Services) != 1 || got.Services[0].Service != 1 || got.Services[0].Routing != 1 {
		return nil, fmt.Errorf("not offered to an organisation: %v", got)
	}
	return got, nil
}

var submitChecks = []check{
	{"submit", func(ctx context.Context, client *ttrpc.Client) error {
		_, err := submit(ctx, client, "go-1")
		return err
	}},
	{"the same message has the same receipt", func(ctx context.Context, client *ttrpc.Client) error {
		first, err := submit(ctx, client, "go-2")
		if err != nil {
			return err
		}
		second, err := submit(ctx, client, "go-2")
		if err == nil && first.String() != second.String() {
			err = fmt.Errorf("two receipts: %v and %v", first, second)
		}
		return err
	}},
	{"other content under the same id", func(ctx context.Context, client *ttrpc.Client) error {
		changed := submission("go-2")
		changed.Referral.Person.Age = 42
		return expect(client.Call(ctx, referralService, "Submit", changed, &receipt{}), codes.AlreadyExists, "*")
	}},
	{"faults", func(ctx context.Context, client *ttrpc.Client) error {
		wrong := submission("go-3")
		wrong.Referral.Role = 0
		wrong.Referral.Services = nil
		err := client.Call(ctx, referralService, "Submit", wrong, &receipt{})
		if err := expect(err, codes.InvalidArgument, "*"); err != nil {
			return err
		}
		var found []string
		for _, detail := range status.Convert(err).Proto().Details {
			if detail.TypeUrl != "type.googleapis.com/lots.v1.Faults" {
				continue
			}
			var list faults
			if err := proto.Unmarshal(detail.Value, &list); err != nil {
				return err
			}
			for _, fault := range list.Faults {
				found = append(found, fault.Path)
			}
		}
		if text := strings.Join(found, " "); text != "referral.role referral.services" {
			return fmt.Errorf("faults at %q", text)
		}
		return nil
	}},
	{"concurrent submissions", func(ctx context.Context, client *ttrpc.Client) error {
		var mutex sync.Mutex
		seen := map[string]bool{}
		return concurrently(16, func(worker int) error {
			for call := 0; call < 10; call++ {
				got, err := submit(ctx, client, fmt.Sprintf("go-%d-%d", worker, call))
				if err != nil {
					return err
				}
				mutex.Lock()
				twice := seen[got.ReferralID]
				seen[got.ReferralID] = true
				mutex.Unlock()
				if twice {
					return errors.New("two referrals have one id")
				}
			}
			return nil
		})
	}},
}
