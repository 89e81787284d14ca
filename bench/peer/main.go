// The plain peer of the benchmarks: posts the lines of a file, or pages through a list, as fast as a small program can.
//
//	peer post SERVER TOKEN PATH FILE CONCURRENCY
//	peer list SERVER TOKEN PATH
//
// It prints the number of objects and the seconds.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"
)

var client = &http.Client{Transport: &http.Transport{
	TLSClientConfig:     &tls.Config{InsecureSkipVerify: true}, // a server that this run started on loopback
	ForceAttemptHTTP2:   true,
	MaxIdleConnsPerHost: 256,
}}

func send(method, address, token string, body []byte) []byte {
	request, err := http.NewRequest(method, address, bytes.NewReader(body))
	check(err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	check(err)
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	check(err)
	if answer.StatusCode >= 300 {
		check(fmt.Errorf("%s %s: %s: %.300s", method, address, answer.Status, data))
	}
	return data
}

func post(server, token, path, file string, concurrency int) int {
	source, err := os.Open(file)
	check(err)
	lines := bufio.NewScanner(source)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	work := make(chan []byte, concurrency)
	var group sync.WaitGroup
	for range concurrency {
		group.Add(1)
		go func() {
			defer group.Done()
			for body := range work {
				send("POST", server+path, token, body)
			}
		}()
	}
	count := 0
	for lines.Scan() {
		work <- bytes.Clone(lines.Bytes())
		count++
	}
	close(work)
	group.Wait()
	return count
}

func list(server, token, path string) int {
	count, next := 0, ""
	for {
		data := send("GET", server+path+"?limit=500&continue="+url.QueryEscape(next), token, nil)
		var page struct {
			Metadata struct{ Continue string }
			Items    []json.RawMessage
		}
		check(json.Unmarshal(data, &page))
		count += len(page.Items)
		if next = page.Metadata.Continue; next == "" {
			return count
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	started, count := time.Now(), 0
	switch os.Args[1] {
	case "post":
		concurrency, err := strconv.Atoi(os.Args[6])
		check(err)
		count = post(os.Args[2], os.Args[3], os.Args[4], os.Args[5], concurrency)
	case "list":
		count = list(os.Args[2], os.Args[3], os.Args[4])
	}
	fmt.Println(count, time.Since(started).Seconds())
}
