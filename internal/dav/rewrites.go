package dav

// Rewrites tells whether the server is known to store objects otherwise than they were sent. Until it has answered a PUT
// that may be known of few. Xandikos is known by what it announces of its calendars.
func (a *Account) Rewrites(k Kind) bool {
	return a.anonymous.Load() || a.Services[Calendar].Storage().Rewrites || a.Services[k].Storage().Rewrites
}
