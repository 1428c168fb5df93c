//go:build !linux

package lab

import "errors"

func reservePort() (int, func() error, error) {
	return 0, nil, errors.ErrUnsupported
}
