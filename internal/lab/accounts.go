package lab

import (
	"bytes"
	"encoding/csv"
)

// Accounts writes an accounts file that moves every user of source to the user of the same name at destination.
// Without a destination (nil) it has the columns of the source alone, as for an export.
func Accounts(source, destination *Server) []byte {
	rows := [][]string{{"source", "source_user", "source_password"}}
	for _, u := range source.Users {
		rows = append(rows, []string{source.URL, u.Name, u.Password})
	}
	if destination != nil {
		rows[0] = append(rows[0], "destination", "destination_user", "destination_password")
		for i, u := range source.Users {
			rows[i+1] = append(rows[i+1], destination.URL, u.Name, u.Password)
		}
	}
	var b bytes.Buffer
	_ = csv.NewWriter(&b).WriteAll(rows) // a bytes.Buffer takes everything
	return b.Bytes()
}
