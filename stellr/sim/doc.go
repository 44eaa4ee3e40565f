// Package sim is a Stellr in memory: an http.Handler that answers like TD SYNNEX's StreamOne Stellr REST API, with
// customers, a catalogue, subscriptions that obey their vendor's rules, invoices and operations that take time. People
// develop against it without an account, and the tests of everything above talk to it.
//
// Nothing here is random and nothing runs by itself: the same seed and the same clock give the same bytes, and what
// time changes (an operation that ends, a term that renews) is settled when somebody looks.
//
// Facts carry the marks of package stellr (D documented, O observed, S inferred, A assumed).
//
// # Errors
//
// A refusal is an envelope with requestId and a message (D). All the shapes that the family of APIs uses are here, and
// which route uses which is A:
//
//   - errorMessage and errorDetail: everything that is not named below
//   - ErrorMessage and ErrorDetail: invoices, the invoice report, Azure consumption, a vendor's products
//   - bizError{errorCode, errorMessage, errorDetail}: vendors, vendor accounts, checks and transfers
//
// The statuses mean: 400 the request itself is wrong, 401 no valid token, 403 the client has no permission for the
// action, 404 not there or not yours, 405 wrong method, 409 not in this state, or another operation is running, 422 a
// rule that Stellr knows (discontinued, quantity outside the product's limits, no agreement, a bad transfer token).
//
// What only the vendor can refuse comes as HTTP 200 with data null and a bizError (D that this happens, A where):
// giving back more Microsoft seats than are refundable, cancelling after the window, fewer seats or another plan on an
// annual Google subscription, and a transition to a product that is not eligible.
package sim
