package stellr

import "strings"

// The words of the wire and what they mean. A word that is not listed becomes OTHER; no word at all stays empty.

func meaning[S ~string](word string, other S, words map[string]S) S {
	key := strings.ToLower(strings.Join(strings.FieldsFunc(word, func(r rune) bool { return r == ' ' || r == '_' || r == '-' }), ""))
	if key == "" {
		return ""
	}
	if status, ok := words[key]; ok {
		return status
	}
	return other
}

func customerStatus(word string) CustomerStatus {
	return meaning(word, CustomerOther, map[string]CustomerStatus{
		"active": CustomerActive, "inactive": CustomerInactive, "pending": CustomerPending, "discontinued": CustomerDiscontinued,
	})
}

// subscriptionStatus reads Expire, Expired and Expiring-like words alike: the client that was observed cuts the word
// short (O).
func subscriptionStatus(word string) SubscriptionStatus {
	return meaning(word, SubscriptionOther, map[string]SubscriptionStatus{
		"pending": SubscriptionPending, "active": SubscriptionActive, "suspended": SubscriptionSuspended, "suspend": SubscriptionSuspended,
		"expired": SubscriptionExpired, "expire": SubscriptionExpired,
		"cancelled": SubscriptionCancelled, "canceled": SubscriptionCancelled, "cancel": SubscriptionCancelled,
	})
}

func agreementStatus(word string) AgreementStatus {
	return meaning(word, AgreementOther, map[string]AgreementStatus{
		"accepted": AgreementAccepted, "signed": AgreementAccepted,
		"notaccepted": AgreementNotAccepted, "pending": AgreementNotAccepted, "none": AgreementNotAccepted,
	})
}

func operationStatus(word string) OperationStatus {
	return meaning(word, OperationOther, map[string]OperationStatus{
		"accepted": OperationAccepted, "pending": OperationRunning, "running": OperationRunning, "inprogress": OperationRunning, "processing": OperationRunning,
		"done": OperationSucceeded, "success": OperationSucceeded, "succeeded": OperationSucceeded, "completed": OperationSucceeded,
		"failed": OperationFailed, "fail": OperationFailed, "error": OperationFailed,
	})
}

func renewalDecision(word string) RenewalDecision {
	return meaning(word, RenewalOther, map[string]RenewalDecision{
		"accept": RenewalAccept, "accepted": RenewalAccept, "reject": RenewalReject, "rejected": RenewalReject,
	})
}

func inherit(field *string, from string) {
	if *field == "" {
		*field = from
	}
}
