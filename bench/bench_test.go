package main

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"stellr-gateway/bench/load"
	"stellr-gateway/bench/upstream"
)

func TestNormalise(t *testing.T) {
	forms := map[string]string{
		"gateway": `{"data":{"customers":{"nodes":[{"customerNo":"1","name":"A","status":"ACTIVE","subscriptions":{"nodes":[
			{"subscriptionId":"4_1","name":"P","quantity":2,"status":"ACTIVE","product":{"productId":"7","name":"P","skuNo":"6"}}]}}]}}}`,
		"names of the wire": `{"data":{"customers":[{"customerNo":1,"name":"A","status":"Active","subscriptions":[
			{"subscriptionId":"4_1","productName":"P","quantity":2,"status":"Active","product":{"productId":7,"productName":"P","skuNo":6}}]}]}}`,
		"pages": `{"data":{"customers":{"data":{"records":[{"customerNo":1,"name":"A","status":"Active","subscriptions":{"records":[
			{"subscriptionId":"4_1","productName":"P","quantity":2,"status":"Active","product":{"productId":7,"productName":"P","skuNo":6}}]}}]}}}}`,
		"envelopes": `{"data":{"customer":{"data":{"customerNo":1,"name":"A","status":"Active","subscriptions":{"data":{"records":[
			{"subscriptionId":"4_1","productName":"P","quantity":2,"status":"Active","product":{"data":{"productId":7,"productName":"P","skuNo":6}}}]}}}}}}`,
		"one, without GraphQL": `{"customer":{"customerNo":"1","name":"A","status":"ACTIVE","subscriptions":[
			{"subscriptionId":"4_1","name":"P","quantity":2,"status":"ACTIVE","product":{"productId":"7","name":"P","skuNo":"6"}}]}}`,
	}
	expected := []customer{{No: "1", Name: "A", Status: "ACTIVE", Subscriptions: []subscription{
		{ID: "4_1", Name: "P", Status: "ACTIVE", Quantity: 2, Product: product{ID: "7", Name: "P", SKU: "6"}}}}}
	for name, body := range forms {
		got, err := normalise([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if differs := difference(expected, got); differs != "" {
			t.Errorf("%s: %s", name, differs)
		}
	}
	for _, body := range []string{`{}`, `{"data":{}}`, `[]`, ``} {
		if _, err := normalise([]byte(body)); err == nil {
			t.Errorf("%s is an answer", body)
		}
	}
}

func TestDifference(t *testing.T) {
	one := func(change func(*customer)) []customer {
		c := customer{No: "1", Name: "A", Subscriptions: []subscription{{ID: "4_1", Product: product{ID: "7"}}}}
		change(&c)
		return []customer{c}
	}
	same := one(func(*customer) {})
	for expected, other := range map[string][]customer{
		"":                       one(func(*customer) {}),
		"customers against":      nil,
		"subscriptions against":  one(func(c *customer) { c.Subscriptions = nil }),
		"customer 1 is":          one(func(c *customer) { c.Email = "a@b.example" }),
		"subscription 1 of cust": one(func(c *customer) { c.Subscriptions[0].Product.SKU = "6" }),
	} {
		if got := difference(same, other); !strings.Contains(got, expected) || (expected == "") != (got == "") {
			t.Errorf("%q is not about %q", got, expected)
		}
	}
}

func TestStages(t *testing.T) {
	start := time.Now()
	at := func(path string, from, to int) upstream.Request {
		return upstream.Request{Path: path, Start: start.Add(time.Duration(from)), End: start.Add(time.Duration(to))}
	}
	stages := stagesOf([]upstream.Request{at("d", 25, 30), at("a", 0, 10), at("b", 11, 20), at("c", 12, 24)})
	var told []string
	for _, stage := range stages {
		paths := ""
		for _, r := range stage {
			paths += r.Path
		}
		told = append(told, paths)
	}
	if strings.Join(told, " ") != "a bc d" {
		t.Errorf("the stages are %q", told)
	}
}

// A moment of the real thing: an upstream, the gateway as its own process, question B.
func TestOneMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and starts the gateway")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: upstream.New(shapeOf(asked), 0)}
	defer server.Close()
	go server.Serve(listener)
	folder := t.TempDir()
	path, err := buildGateway(t.Context(), "..", folder)
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	g, err := gateways{path: path, folder: folder}.start(t.Context(), "gateway", address)
	if err != nil {
		t.Fatal(err)
	}
	defer g.stop()
	var out strings.Builder
	c := comparison{
		contestants: []contestant{{g.name, g, ourDocuments()}}, upstream: upstream.Control{Address: address}, out: &out,
		rounds: 1, each: 200 * time.Millisecond, connections: 2, questions: questions(),
	}
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "FAILED") || !strings.Contains(out.String(), inWords(single)) {
		t.Error(out.String())
	}
	plan := load.Plan{Address: g.address, Requests: mixed(g.address), Connections: 2, Answers: 20}
	if result, err := plan.Run(t.Context()); err != nil || result.Answered != 20 {
		t.Errorf("%+v, %v", result, err)
	}
}
