package exchange

// Status is what became of a submission, in the JSON of TAXII 2.1 (section 4.3). Lists that are empty are left out.
type Status struct {
	ID               string         `json:"id"`     // UUIDv4
	Status           string         `json:"status"` // complete, pending
	RequestTimestamp string         `json:"request_timestamp,omitempty"`
	TotalCount       int            `json:"total_count"`
	SuccessCount     int            `json:"success_count"`
	Successes        []StatusDetail `json:"successes,omitempty"`
	FailureCount     int            `json:"failure_count"`
	Failures         []StatusDetail `json:"failures,omitempty"`
	PendingCount     int            `json:"pending_count"`
	Pendings         []StatusDetail `json:"pendings,omitempty"`
}

// StatusDetail is what became of one object (section 4.3.1).
type StatusDetail struct {
	ID      string `json:"id"`
	Version string `json:"version"` // modified, else created, else the time of the request
	Message string `json:"message,omitempty"`
}
