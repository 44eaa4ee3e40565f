// Package playground serves GraphiQL, the page on which people write and run
// operations against the gateway, from files inside the program. The page
// loads nothing from anywhere else and runs under a strict content security
// policy.
//
// The files in dist are built from web and committed, so that building the
// gateway needs only Go; web/check.sh builds them again and compares.
package playground
