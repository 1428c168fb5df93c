package davtest

import "strings"

// AddAdministrator adds an account that may read and write what belongs to others, as on SOGo a name in
// SOGoSuperUsernames and on DAViCal the role Admin. It has a tree of its own, which DAV:current-user-principal leads to.
func (s *Server) AddAdministrator(name, password string) {
	s.AddUser(name, password)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[name].administrator = true
}

// loginAs returns the user of a login USER%ADMINISTRATOR, and of any other as loginOf does. The lock is the caller's.
func (s *Server) loginAs(name, password string) *user {
	as := strings.LastIndexByte(name, '%')
	if as < 0 {
		return s.loginOf(name, password)
	}
	administrator := s.loginOf(name[as+1:], password)
	if administrator == nil || !administrator.administrator {
		return nil
	}
	return s.users[name[:as]]
}
