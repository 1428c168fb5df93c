package dav

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
)

// cookies holds what the servers of one account set. Without them some check the password anew at each request
// (Nextcloud), or open a session for it (Zimbra, SOGo). They are of one account, since a session belongs to whoever
// logged in, and each goes back to the very scheme, host and port that set it and to no other.
type cookies struct {
	mu   sync.Mutex
	jars map[string]*jar // by origin
}

type jar struct {
	*cookiejar.Jar
	taken int // octets that were ever put in
}

// maxCookies is how many octets of cookies a server may set before they are all forgotten: cookiejar has no limit.
const maxCookies = 1 << 20

// add gives a request the cookies of its origin.
func (c *cookies) add(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if j := c.jars[origin(r.URL)]; j != nil {
		for _, cookie := range j.Cookies(r.URL) {
			r.AddCookie(cookie)
		}
	}
}

// keep takes the cookies of an answer. Those that came with a refused login are worth nothing.
func (c *cookies) keep(resp *http.Response) {
	set := resp.Cookies()
	at := origin(resp.Request.URL)
	c.mu.Lock()
	defer c.mu.Unlock()
	if resp.StatusCode == http.StatusUnauthorized {
		delete(c.jars, at)
		return
	}
	if len(set) > 0 {
		c.put(at, resp.Request.URL, set)
	}
}

func (c *cookies) put(at string, u *url.URL, set []*http.Cookie) {
	j := c.jars[at]
	if j == nil || j.taken > maxCookies {
		fresh, err := cookiejar.New(nil)
		if err != nil {
			return // New never fails
		}
		j = &jar{Jar: fresh}
		if c.jars == nil {
			c.jars = map[string]*jar{}
		}
		c.jars[at] = j
	}
	for _, cookie := range set {
		j.taken += len(cookie.Raw)
	}
	j.SetCookies(u, set)
}
