package stellr

// The words of the wire and what they mean. A word that is not listed becomes OTHER; no word at all stays empty.

// plainWord is a word in small letters, without what stands between its parts.
func plainWord(word string) string {
	var small [32]byte
	if len(word) > len(small) {
		return word // none that is known
	}
	n := 0
	for i := range len(word) {
		switch c := word[i]; {
		case c == ' ' || c == '_' || c == '-':
		case 'A' <= c && c <= 'Z':
			small[n] = c + 'a' - 'A'
			n++
		default:
			small[n] = c
			n++
		}
	}
	if string(small[:n]) == word {
		return word
	}
	return string(small[:n])
}

func customerStatus(word string) CustomerStatus {
	switch plainWord(word) {
	case "":
		return ""
	case "active":
		return CustomerActive
	case "inactive":
		return CustomerInactive
	case "pending":
		return CustomerPending
	case "discontinued":
		return CustomerDiscontinued
	}
	return CustomerOther
}

// subscriptionStatus reads Expire, Expired and Expiring-like words alike: the client that was observed cuts the word
// short (O).
func subscriptionStatus(word string) SubscriptionStatus {
	switch plainWord(word) {
	case "":
		return ""
	case "pending":
		return SubscriptionPending
	case "active":
		return SubscriptionActive
	case "suspended", "suspend":
		return SubscriptionSuspended
	case "expired", "expire":
		return SubscriptionExpired
	case "cancelled", "canceled", "cancel":
		return SubscriptionCancelled
	}
	return SubscriptionOther
}

func agreementStatus(word string) AgreementStatus {
	switch plainWord(word) {
	case "":
		return ""
	case "accepted", "signed":
		return AgreementAccepted
	case "notaccepted", "pending", "none":
		return AgreementNotAccepted
	}
	return AgreementOther
}

func operationStatus(word string) OperationStatus {
	switch plainWord(word) {
	case "":
		return ""
	case "accepted":
		return OperationAccepted
	case "pending", "running", "inprogress", "processing":
		return OperationRunning
	case "done", "success", "succeeded", "completed":
		return OperationSucceeded
	case "failed", "fail", "error":
		return OperationFailed
	}
	return OperationOther
}

func renewalDecision(word string) RenewalDecision {
	switch plainWord(word) {
	case "":
		return ""
	case "accept", "accepted":
		return RenewalAccept
	case "reject", "rejected":
		return RenewalReject
	}
	return RenewalOther
}

func inherit(field *string, from string) {
	if *field == "" {
		*field = from
	}
}
