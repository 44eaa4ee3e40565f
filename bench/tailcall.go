package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// findTailcall is where Tailcall is, by $TAILCALL or on the PATH; empty where it is not installed.
func findTailcall() string {
	if path := os.Getenv("TAILCALL"); path != "" {
		return path
	}
	path, err := exec.LookPath("tailcall")
	if err != nil {
		return ""
	}
	return path
}

// startTailcall runs Tailcall with the same questions in its own language. cached has it keep what it read.
func startTailcall(ctx context.Context, path, folder, upstreamAddress string, cached bool) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	name, cache := "tailcall", ""
	if cached {
		name, cache = "tailcall, cache", " @cache(maxAge: 2000)"
	}
	config := filepath.Join(folder, strings.ReplaceAll(name, ", ", "-")+".graphql")
	text := fmt.Sprintf(tailcallConfig, port, "http://"+upstreamAddress, cache)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return program{
		name: name, path: path, args: []string{"start", config}, folder: folder, address: address,
		env: []string{"TAILCALL_TRACKER=false", "TAILCALL_LOG_LEVEL=error"},
	}.start(ctx)
}

// tailcallConfig takes the port, the upstream's URL and what is said of caching. Records keep the names that they have
// on the wire: renaming them would be work that the questions do not need.
const tailcallConfig = `schema @server(port: %[1]s, hostname: "127.0.0.1") @upstream(poolMaxIdlePerHost: 200, tcpKeepAlive: 60) { query: Query }

type Query {
  customers: [Customer] @http(url: "%[2]s/api/v1/cloud/customers?pageNo=1&pageSize=100", dedupe: true, select: "{{.data.records}}")%[3]s
  customer(no: String!): Customer @http(url: "%[2]s/api/v1/cloud/customers/{{.args.no}}", dedupe: true, select: "{{.data}}")%[3]s
}

type Customer {
  customerNo: Int!
  name: String
  email: String
  domain: String
  status: String
  subscriptions: [Subscription] @http(url: "%[2]s/api/v1/customers/{{.value.customerNo}}/subscriptions?pageNo=1&pageSize=200", dedupe: true, select: "{{.data.records}}")%[3]s
}

type Subscription {
  subscriptionId: String!
  productName: String
  quantity: Int
  status: String
  productId: Int
  product: Product @http(url: "%[2]s/api/v1/cloud/products/{{.value.productId}}", dedupe: true, select: "{{.data}}")%[3]s
}

type Product {
  productId: Int!
  productName: String
  skuNo: Int
}
`

// tailcallDocuments are the questions for it.
func tailcallDocuments() byGraphQL {
	const subscriptions = `subscriptions { subscriptionId productName quantity status product { productId productName skuNo } }`
	return byGraphQL{
		a: `query A { customers { customerNo name status ` + subscriptions + ` } }`,
		b: `query B { customers { customerNo name email domain } }`,
		c: `query C($no: String!) { customer(no: $no) { customerNo name status ` + subscriptions + ` } }`,
	}
}
