package mapping

// nesting knows which components are open while the lines of an object are read one after the other.
type nesting struct {
	stack  []string // names in upper case
	deeper int      // components open below maxDepth, which are only counted
}

// open takes in a BEGIN. It is false where the component is nested too deep to be looked at.
func (n *nesting) open(name string) bool {
	if len(n.stack) >= maxDepth {
		n.deeper++
		return false
	}
	n.stack = append(n.stack, name)
	return true
}

// fits says whether an END belongs to the innermost component.
func (n *nesting) fits(name string) bool {
	return n.deeper == 0 && len(n.stack) > 0 && n.stack[len(n.stack)-1] == name
}

// close takes in an END. It is false where nothing began that it could end.
func (n *nesting) close(name string) bool {
	switch {
	case n.deeper > 0:
		n.deeper--
	case !n.fits(name):
		return false
	default:
		n.stack = n.stack[:len(n.stack)-1]
	}
	return true
}

// carries says whether the innermost open component is one whose properties describe the object: a card, or a
// component directly inside of a calendar (or of nothing). Alarms, time zones, participants (RFC 9073) and cards within
// cards have properties of the same names.
func (n *nesting) carries() bool {
	depth := len(n.stack)
	if depth == 0 || n.deeper > 0 || n.stack[depth-1] == "VTIMEZONE" || n.stack[depth-1] == "VCALENDAR" {
		return false
	}
	return depth == 1 || depth == 2 && n.stack[0] == "VCALENDAR"
}
