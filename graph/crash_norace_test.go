//go:build !race

package graph_test

// crashes is how often the gateway is killed at each point.
const crashes = 25
