//go:build race

package graph_test

// crashes is how often the gateway is killed at each point: less often where everything is so much slower.
const crashes = 5
