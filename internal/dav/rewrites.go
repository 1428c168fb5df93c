package dav

// MayRewrite tells whether the server may store objects otherwise than they are sent: it is known to, or it has not
// answered a PUT yet. Xandikos is known by what it announces of its calendars.
func (a *Account) MayRewrite(k Kind) bool {
	return a.anonymous.Load() || !a.named.Load() || a.Services[Calendar].Storage().Rewrites || a.Services[k].Storage().Rewrites
}
