package dataset

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// picture draws a small picture whose pixels are chance, so that it does not compress away.
func (d *draft) picture(size int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			v := d.Uint32()
			m.SetRGBA(x, y, color.RGBA{R: uint8(v), G: uint8(v >> 8), B: uint8(v >> 16), A: 255})
		}
	}
	return m
}

// png returns a picture in base64. Writing into memory does not fail.
func (d *draft) png(size int) string {
	var b bytes.Buffer
	_ = png.Encode(&b, d.picture(size))
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// jpeg is png in the other format.
func (d *draft) jpeg(size int) string {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, d.picture(size), nil)
	return base64.StdEncoding.EncodeToString(b.Bytes())
}
