package matrix

// Known are the losses as seen of the servers of Debian 12.
var Known = []Loss{}
