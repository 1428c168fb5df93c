package dav

import (
	"net/url"
	"strings"
	"sync"
)

// downgrades are redirects out of TLS that were followed with TLS, by the URL that was asked instead. A server that has
// TLS in front of it does not know of it, and redirects its well-known URIs to http:// of the same host (Cyrus 3.6, DAViCal
// 1.1, SOGo 5.8), mostly with its own port.
type downgrades struct {
	mu    sync.Mutex
	known map[string]downgrade
}

// downgrade is a redirect out of TLS.
type downgrade struct {
	named string      // the URL that the server named
	err   *TrustError // what is to be said where nothing is at the place with TLS
}

// restoreTLS returns where to ask instead of a place without TLS: at its path, on the host and port that redirected to it.
// It is nil for a place on another host. err is what is to be said where nothing is there.
func (c *Client) restoreTLS(from, to *url.URL, err *TrustError) *url.URL {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return nil
	}
	restored := *to
	restored.Scheme, restored.Host = from.Scheme, from.Host
	c.downgrades.mu.Lock()
	defer c.downgrades.mu.Unlock()
	if len(c.downgrades.known) > maxMoves || c.downgrades.known == nil {
		c.downgrades.known = map[string]downgrade{}
	}
	c.downgrades.known[restored.String()] = downgrade{cleanURL(to), err}
	return &restored
}

// downgradeTo returns the redirect out of TLS in the place of which a URL is asked; the zero downgrade for none.
func (c *Client) downgradeTo(u *url.URL) downgrade {
	c.downgrades.mu.Lock()
	defer c.downgrades.mu.Unlock()
	return c.downgrades.known[u.String()]
}

// led says in a few words where redirects led to, "" where there were none.
func (c *Client) led(from, to *url.URL) string {
	if from.String() == to.String() {
		return ""
	}
	if lost := c.downgradeTo(to); lost.named != "" {
		return "redirected to " + lost.named + ", asked with TLS as " + cleanURL(to) + ", "
	}
	return "redirected to " + cleanURL(to) + ", "
}
