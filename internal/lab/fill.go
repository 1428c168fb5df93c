package lab

import (
	"context"
	"os"
	"path/filepath"

	"davferry/internal/lab/dataset"
)

// Fill is Load for collections of thousands, where the server has a quicker way in than PUT. A PUT into Radicale
// takes the longer the more the calendar holds, so the objects are written where Radicale keeps them, and it is made
// to read them once; afterwards it serves them as if they had been put. Elsewhere Fill is Load.
func Fill(ctx context.Context, s *Server, u User, collections []dataset.Collection) error {
	if s.storage == "" {
		return Load(ctx, s, u, collections)
	}
	session := open(u)
	defer session.close()
	for _, c := range collections {
		if err := Make(ctx, s, u, c); err != nil {
			return err
		}
		if err := writeObjects(filepath.Join(s.storage, u.Name, c.Name), c.Objects); err != nil {
			return err
		}
		if _, err := session.propfind(ctx, CollectionURL(s, u, c), "<D:getetag/>"); err != nil {
			return err
		}
	}
	return nil
}

func writeObjects(dir string, objects []dataset.Object) error {
	for _, o := range objects {
		if err := os.WriteFile(filepath.Join(dir, o.Name), o.Data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
