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
//
// # Reads and writes
//
// A Client has one method for each row of the endpoint table. Lists are read with All, Collect or Page. What requests go
// through stands in transport.go, as two lists: reads are repeated when they fail for a reason that passes; writes are
// sent again only where they were certainly not carried out, and never after that is in doubt.
//
// # Errors
//
// Every call fails with an *Error. Its Stage says how far the call got, its Code what went wrong, and it is safe to show
// and to log.
package stellr
