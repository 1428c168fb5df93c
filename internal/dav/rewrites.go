package dav

// Rewrites tells whether the server is known to store objects otherwise than they were sent. Until it has answered a PUT
// that may be known of few.
func (a *Account) Rewrites(k Kind) bool {
	if a.anonymous.Load() || isXandikos(a.Services[Calendar]) {
		return true
	}
	s := a.Services[k]
	return s != nil && s.rewrites
}

// isXandikos knows Xandikos by what it announces to OPTIONS. Like Radicale it writes objects anew and gives the ETag of what
// it wrote (measured with 0.2.8, and 3.1.8 of Radicale); others give none then, as RFC 4791 section 5.3.4 asks.
func isXandikos(s *Service) bool { return s.Has("add-member") && s.Has("calendar-auto-scheduling") }
