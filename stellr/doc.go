// Package stellr is a typed client of TD SYNNEX's StreamOne Stellr REST API.
//
// The official reference is open to enrolled resellers only, so every fact in this package carries a mark that says
// how sure it is:
//
//   - D: documented publicly by TD SYNNEX or by an integrator of its API
//   - O: observed in a public client that runs against the real API
//   - S: inferred from the sibling APIs that Stellr wraps
//   - A: an assumption, because something has to stand there
//
// The wire's paths, field names, envelopes, status words and aliases live here and nowhere else. Records are read
// tolerantly (see decode.go) and written strictly.
package stellr
