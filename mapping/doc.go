// Package mapping is what davferry knows about the insides of an object: pure functions on the bytes of one iCalendar
// (RFC 5545) or vCard (RFC 6350) object. There is no I/O here, no context and no state.
//
// Everything rests on content lines as they stand in the bytes (Lines): a line is a range of the input, and what is
// outside of a range stays as it is. Inspect says what an object is, Overlaps whether it falls into a span of days,
// ResourceName and its neighbours what it is to be called, Compare and Diff how two versions of it differ in meaning.
// What changes an object is a Rule, and edits lines (Editor): UIDs, Addresses, Cards, Groups, Zones.
//
// No function decodes an object and encodes it again: parsing is for reading. go-ical and go-vcard serve as a second
// opinion behind guards (ReadCalendar, ReadCard), never as a way to write. No function fails, panics, or takes more
// than linear time on bytes that are no calendar or contact at all: the engine carries those as they are, and has to
// be told what is odd about them.
package mapping
