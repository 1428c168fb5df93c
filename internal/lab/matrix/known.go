package matrix

import "slices"

// Known are the losses of the servers of Debian 12: Cyrus 3.6.1, DAViCal 1.1.12, Radicale 3.1.8, sabre/dav 1.8.12,
// SOGo 5.8.0 and Xandikos 0.2.8. The sources name where the same object comes in different words.
var Known = slices.Concat(knownOfCyrus, knownOfDAViCal, knownOfRadicale, knownOfSabre, knownOfSOGo, knownOfXandikos)
