package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/containerd/ttrpc"
)

// Calls from so many goroutines at once until the time is over.
func bench(port string, config *tls.Config, arguments []string) error {
	outstanding, err := strconv.Atoi(arguments[0])
	if err != nil || outstanding < 1 {
		return fmt.Errorf("%q calls outstanding", arguments[0])
	}
	seconds, err := strconv.ParseFloat(arguments[1], 64)
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(arguments[2])
	if err != nil {
		return err
	}
	connection, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
	if err != nil {
		return err
	}
	client := ttrpc.NewClient(connection)
	defer client.Close()

	message := &echoMessage{Blob: make([]byte, size)}
	begin := time.Now()
	end := begin.Add(time.Duration(seconds * float64(time.Second)))
	var mutex sync.Mutex
	var latencies []time.Duration
	err = concurrently(outstanding, func(int) error {
		var own []time.Duration
		for before := time.Now(); before.Before(end); {
			if err := client.Call(context.Background(), echoService, "Unary", message, new(echoMessage)); err != nil {
				return err
			}
			now := time.Now()
			own = append(own, now.Sub(before))
			before = now
		}
		mutex.Lock()
		defer mutex.Unlock()
		latencies = append(latencies, own...)
		return nil
	})
	if err != nil {
		return err
	}
	if len(latencies) == 0 {
		return fmt.Errorf("no call was answered in %v seconds", seconds)
	}
	rate := float64(len(latencies)) / time.Since(begin).Seconds()
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	percentile := func(share int) int64 { return latencies[(len(latencies)-1)*share/100].Microseconds() }
	fmt.Printf("unary echo, %d outstanding, %d bytes: %.0f/s, p50 %d µs, p99 %d µs\n",
		outstanding, size, rate, percentile(50), percentile(99))
	return nil
}
