package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"stellr-gateway/bench/load"
	"stellr-gateway/bench/upstream"
)

// The questions.
const (
	everything = "A" // 100 customers, their subscriptions, the products of these
	list       = "B" // 100 customers with four fields
	single     = "C" // one customer, its subscriptions, the products of these
)

func questions() []string { return []string{everything, list, single} }

func inWords(question string) string {
	switch question {
	case everything:
		return "100 customers x 5 subscriptions x product"
	case list:
		return "100 customers with four fields"
	}
	return "one customer at random x 5 subscriptions x product"
}

const asked = 100 // customers that the questions are about

// asker knows how one kind of server is asked.
type asker interface {
	// requests are those that a question consists of, ready to be sent; for C one for each customer, in order.
	requests(host, question string) [][]byte
}

// byGraphQL asks in GraphQL, with the documents by question.
type byGraphQL struct {
	a, b, c  string
	distinct bool // A and B come in many wordings, so that no two requests at a time need be the same
}

// ourDocuments asks this project's gateway.
func ourDocuments() byGraphQL {
	const subscriptions = `subscriptions(first: 5) { nodes { subscriptionId name quantity status product { productId name skuNo } } }`
	return byGraphQL{
		a: `query A { customers(first: 100) { nodes { customerNo name status ` + subscriptions + ` } } }`,
		b: `query B { customers(first: 100) { nodes { customerNo name email domain } } }`,
		c: `query C($no: ID!) { customer(customerNo: $no) { customerNo name status ` + subscriptions + ` } }`,
	}
}

func (d byGraphQL) requests(host, question string) [][]byte {
	post := func(document string, variables map[string]string) []byte {
		return load.Post(host, "/graphql", encoded(document, variables))
	}
	if question == single {
		var all [][]byte
		for i := range asked {
			all = append(all, post(d.c, map[string]string{"no": upstream.CustomerNo(i)}))
		}
		return all
	}
	document := d.a
	if question == list {
		document = d.b
	}
	if !d.distinct {
		return [][]byte{post(document, nil)}
	}
	var all [][]byte
	for i := range asked {
		name := fmt.Sprintf("query %s%d ", question, i)
		all = append(all, post(strings.Replace(document, "query "+question+" ", name, 1), nil))
	}
	return all
}

func encoded(document string, variables map[string]string) []byte {
	body := map[string]any{"query": document}
	if variables != nil {
		body["variables"] = variables
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("a question cannot be encoded: %v", err)) // they are all written here
	}
	return text
}

// byURL asks the hand-written endpoint.
type byURL struct{}

func (byURL) requests(host, question string) [][]byte {
	switch question {
	case everything:
		return [][]byte{load.Get(host, "/a")}
	case list:
		return [][]byte{load.Get(host, "/b")}
	}
	var all [][]byte
	for i := range asked {
		all = append(all, load.Get(host, "/c/"+upstream.CustomerNo(i)))
	}
	return all
}
