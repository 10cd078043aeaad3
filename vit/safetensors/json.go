package safetensors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// jsonReader reads the JSON of a file token by token: encoding/json's structs
// would let pass what two readers can understand differently, such as a key
// that stands twice or in other case, null for a number or a third offset.
type jsonReader struct {
	name string
	d    *json.Decoder
}

func newJSONReader(name string, data []byte) (*jsonReader, error) {
	if !utf8.Valid(data) {
		return nil, &FormatError{name, "", "has JSON that is not UTF-8"}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return &jsonReader{name, d}, nil
}

func (j *jsonReader) errorf(tensor, format string, args ...any) error {
	return &FormatError{j.name, tensor, fmt.Sprintf(format, args...)}
}

// end makes sure that nothing follows.
func (j *jsonReader) end() error {
	if _, err := j.d.Token(); err != io.EOF {
		return j.errorf("", "has something behind its JSON object")
	}
	return nil
}

// object calls member for each key of a JSON object; it must read the value.
func (j *jsonReader) object(place string, member func(key string) error) error {
	if t, err := j.d.Token(); err != nil || t != json.Delim('{') {
		return j.errorf(place, "is not a JSON object")
	}
	seen := map[string]bool{}
	for j.d.More() {
		t, err := j.d.Token()
		if err != nil {
			return j.errorf(place, "the JSON is damaged: %v", err)
		}
		key := t.(string) // Token gives nothing else in the place of a key.
		if seen[key] {
			return j.errorf(place, "%q stands twice in the header", key)
		}
		seen[key] = true
		if err := member(key); err != nil {
			return err
		}
	}
	if _, err := j.d.Token(); err != nil {
		return j.errorf(place, "the JSON is damaged: %v", err)
	}
	return nil
}

func (j *jsonReader) text(place, key string) (string, error) {
	t, err := j.d.Token()
	text, ok := t.(string)
	if err != nil || !ok {
		return "", j.errorf(place, "%q is not a string", key)
	}
	return text, nil
}

// texts reads an object of strings.
func (j *jsonReader) texts(place string) (map[string]string, error) {
	texts := map[string]string{}
	err := j.object(place, func(key string) (err error) {
		texts[key], err = j.text(place, key)
		return err
	})
	return texts, err
}

// integers reads an array of whole numbers from 0 on.
func (j *jsonReader) integers(place, key string) ([]int, error) {
	list := []int{}
	if t, err := j.d.Token(); err != nil || t != json.Delim('[') {
		return nil, j.errorf(place, "%q is not an array", key)
	}
	for j.d.More() {
		t, err := j.d.Token()
		number, ok := t.(json.Number)
		if err != nil || !ok {
			return nil, j.errorf(place, "%q has something that is not a number", key)
		}
		n, err := strconv.Atoi(string(number))
		if err != nil || n < 0 {
			return nil, j.errorf(place, "%q has %s, which is not a size", key, number)
		}
		if len(list) == maxAxes {
			return nil, j.errorf(place, "%q has more than %d numbers", key, maxAxes)
		}
		list = append(list, n)
	}
	if _, err := j.d.Token(); err != nil {
		return nil, j.errorf(place, "the JSON is damaged: %v", err)
	}
	return list, nil
}
