// Package sim is a Stellr in memory: an http.Handler that answers like TD SYNNEX's StreamOne Stellr REST API, with
// customers, a catalogue, subscriptions that obey their vendor's rules, invoices and operations that take time. People
// develop against it without an account, and the tests of everything above talk to it.
//
// Nothing here is random and nothing runs by itself: the same seed and the same clock give the same bytes, and what
// time changes (an operation that ends, a term that renews) is settled when somebody looks.
//
// Facts carry the marks of package stellr (D documented, O observed, S inferred, A assumed).
//
// # The demonstration
//
// Without options there are 48 customers with some 600 subscriptions of 95 products of three vendors (Microsoft "4",
// Google "Google", Acronis "31"), 270 invoices and four months of Azure consumption, dated relative to the day of the
// start. Customers are numbered from 100001, whatever the seed. Some are worth knowing:
//
//   - 100001 has one of everything, in the order of samples
//   - 100007 has more subscriptions than a page
//   - 100006 buys from Microsoft and has not accepted the agreement
//   - 100010 and 100031 are discontinued, 100034 is inactive, 100022 has a status that nobody knows
//   - 100014, 100028 and 100039 have nothing
//   - 100005, 100008, 100013 and others are in Canada and pay in CAD
//
// The clients are "sandbox" and "other-reseller", both with the secret "sandbox-secret"; the second sees 0 records and
// no error (O). A transfer token is any word of the form TT-20261231-anything, good until the day that it names.
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
// annual Google subscription, suspending a Google trial, and a transition to a product that is not eligible.
package sim
