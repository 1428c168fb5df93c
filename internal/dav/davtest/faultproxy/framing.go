package faultproxy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// maxHead is the largest head of a request or an answer, in octets.
const maxHead = 1 << 20

// readHead reads the head of a request or an answer, its empty line included.
func readHead(r *bufio.Reader) ([]byte, error) {
	var head []byte
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if head = append(head, line...); len(head) > maxHead {
			return nil, errors.New("the head does not end")
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return head, nil
		}
	}
}

// framing is how the end of a body is known (RFC 9112 section 6.3): its length in octets, or one of the following.
type framing int64

const (
	chunked  framing = -1
	untilEnd framing = -2 // of the connection
)

func framingOf(length int64, transferEncoding []string) framing {
	if slices.Contains(transferEncoding, "chunked") {
		return chunked
	}
	return framing(max(0, length))
}

func framingOfAnswer(r *http.Request, resp *http.Response) framing {
	switch {
	case r.Method == http.MethodHead, resp.StatusCode == http.StatusNoContent, resp.StatusCode == http.StatusNotModified:
		return 0
	case resp.ContentLength < 0 && len(resp.TransferEncoding) == 0:
		return untilEnd
	}
	return framingOf(resp.ContentLength, resp.TransferEncoding)
}

// pass passes a body on as it is.
func (f framing) pass(to io.Writer, from *bufio.Reader) error {
	switch f {
	case chunked:
		return passChunks(to, from)
	case untilEnd:
		_, err := io.Copy(to, from)
		return err
	}
	_, err := io.CopyN(to, from, int64(f))
	return err
}

// passChunks passes chunks and their trailer on (RFC 9112 section 7.1).
func passChunks(to io.Writer, from *bufio.Reader) error {
	for {
		line, err := from.ReadBytes('\n')
		if err != nil {
			return err
		}
		digits, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(";"))
		size, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 62)
		if err != nil {
			return fmt.Errorf("the size of a chunk: %w", err)
		}
		if _, err := to.Write(line); err != nil {
			return err
		}
		if size == 0 {
			return passTrailer(to, from)
		}
		if _, err := io.CopyN(to, from, int64(size)+2); err != nil { // with the line end behind it
			return err
		}
	}
}

func passTrailer(to io.Writer, from *bufio.Reader) error {
	trailer, err := readHead(from)
	if err != nil {
		return err
	}
	_, err = to.Write(trailer)
	return err
}
