package modeldir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"

	"github.com/astrovit/astrovit/internal/calibrate"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// What a model directory, which may come from anywhere, can make a program
// allocate is bounded: its JSON files by maxJSON bytes, its images by maxPixels
// numbers, attention by maxTokens squared, and its parameters by twice the
// numbers that its tensors have.
const (
	maxJSON   = 16 << 20
	maxPixels = 1 << 26
	maxTokens = 1 << 14
)

// The files of a model directory.
const (
	configFile       = "config.json"
	preprocessorFile = "preprocessor_config.json"
	weightsFile      = "model.safetensors"
)

// stored is a model directory whose weights have not been read yet.
type stored struct {
	description
	name    string
	json    []byte // config.json
	timm    bool
	tensors *safetensors.Set
	recipe  prepare.Recipe
	source  string // the file that the recipe is from

	calibration calibrate.Calibration
}

// Read reads the model in a directory; name is what errors call it. A directory
// without config.json or weights is an error that wraps fs.ErrNotExist. JSON that
// does not describe a model of 2-D images, a preprocessing that does not fit it, and a tensor that is missing, left over or of another shape
// are errors that name the file and what is wrong there.
func Read(dir fs.FS, name string) (*Model, error) {
	s, err := open(dir, name)
	if err != nil {
		return nil, err
	}
	defer s.tensors.Close()
	if s.config.Classes == 0 && s.task != "" {
		return nil, fmt.Errorf("%s/%s: tensor \"classifier.weight\" is missing or empty, and the task is %q", name, weightsFile, s.task)
	}
	if err := s.readRecipe(dir); err != nil {
		return nil, err
	}
	if err := s.recipe.Validate(s.config.Grid.Channels); err != nil {
		return nil, fmt.Errorf("%s/%s: %w", name, s.source, err)
	}
	net, err := s.network(s.config, false)
	if err != nil {
		return nil, err
	}
	m := &Model{Net: net, Task: s.task, Labels: s.labels, Columns: s.columns, Questions: s.questions, Recipe: s.recipe, Calibration: s.calibration}
	switch {
	case s.task == catalog.Regress:
		m.Labels = columnNames(s.columns)
	case len(s.labels) == 0:
		for i := range s.config.Classes {
			m.Labels = append(m.Labels, "LABEL_"+strconv.Itoa(i))
		}
	}
	if err := m.Calibration.Validate(len(m.Labels)); err != nil {
		return nil, fmt.Errorf("%s/%s: astrovit.calibration: %w", name, s.source, err)
	}
	return m, nil
}

// FineTune reads the network in a directory for another purpose: a fresh head
// of so many outputs, and images of other bands and other sides where bands or
// shape ask for it (0 and nil: as stored). Errors are those of Read, but the model
// needs no classifier and its preprocessing is not looked into; a shape that is no
// multiple of the patches is an error too.
func FineTune(dir fs.FS, name string, bands int, shape []int, outputs int) (*vit.Model, error) {
	s, err := open(dir, name)
	if err != nil {
		return nil, err
	}
	defer s.tensors.Close()
	target := s.config
	target.Classes = outputs
	if bands > 0 {
		target.Grid.Channels = bands
	}
	if shape != nil {
		target.Grid.Shape = shape
	}
	return s.network(target, true)
}

// open reads the JSON files and the tensors' names and shapes.
func open(dir fs.FS, name string) (*stored, error) {
	config, err := readJSON(dir, name, configFile)
	if err != nil {
		return nil, err
	}
	tensors, err := safetensors.Open(dir, weightsFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &stored{name: name, json: config, tensors: tensors}
	if err := s.describe(); err != nil {
		tensors.Close()
		return nil, err
	}
	return s, nil
}

func (s *stored) describe() error {
	var kind struct {
		ModelType    string `json:"model_type"`
		Architecture string `json:"architecture"`
	}
	err := json.Unmarshal(s.json, &kind)
	s.timm = kind.ModelType == "" && kind.Architecture != ""
	if err == nil && s.timm {
		shapes := make(map[string][]int)
		for _, t := range s.tensors.Names() {
			shapes[t] = s.tensors.Shape(t)
		}
		s.description, err = decodeTimm(s.json, shapes)
	} else if err == nil {
		s.description, err = decodeHF(s.json)
	}
	if err != nil {
		return fmt.Errorf("%s/config.json: %w", s.name, err)
	}
	// The file, not id2label, knows whether there is a classifier.
	head := s.tensors.Shape("classifier.weight")
	switch {
	case head == nil && !s.timm:
		s.config.Classes = 0
		if kind.ModelType == "vit" { // ViTModel, whose config.json does not say so
			s.task, s.labels = "", nil
		}
	case len(s.labels) == 0 && s.task != catalog.Regress && len(head) == 2:
		s.config.Classes = head[0]
	}
	if s.task == "" && !s.timm && head != nil {
		return fmt.Errorf("%s/config.json: astrovit.task is missing, and the tensors have a classifier; it must be one of %q", s.name, catalog.Tasks)
	}
	if err := s.config.Validate(); err != nil {
		return fmt.Errorf("%s/config.json: %w", s.name, err)
	}
	if pixels, tokens := s.config.Grid.Pixels(), s.config.Tokens(); pixels > maxPixels || tokens > maxTokens {
		return fmt.Errorf("%s/config.json: images have %d numbers and %d tokens; at most %d and %d are supported", s.name, pixels, tokens, maxPixels, maxTokens)
	}
	if int64(s.config.Count()) > 2*s.tensors.Elements() {
		return fmt.Errorf("%s: config.json describes %d parameters, the tensors have %d", s.name, s.config.Count(), s.tensors.Elements())
	}
	if len(s.config.Grid.Shape) != 2 {
		return fmt.Errorf("%s/config.json: image_size is %v; only models of 2-D images can be used here", s.name, s.config.Grid.Shape)
	}
	return nil
}

func (s *stored) readRecipe(dir fs.FS) error {
	size := [2]int(s.config.Grid.Shape)
	s.source = preprocessorFile
	data, err := readJSON(dir, s.name, s.source)
	switch {
	case err == nil:
		s.recipe, s.calibration, err = decodePreprocessor(data, size, s.config.Grid.Channels)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case s.timm:
		s.source = configFile
		s.recipe, err = timmRecipe(s.json, size, s.config.Grid.Channels)
	default:
		s.recipe, err = plainRecipe(size), nil
	}
	if err != nil {
		return fmt.Errorf("%s/%s: %w", s.name, s.source, err)
	}
	return nil
}

// network makes the model that target describes from the stored tensors.
func (s *stored) network(target vit.Config, freshHead bool) (*vit.Model, error) {
	m, err := vit.Blank(target)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	w := weights{tensors: s.tensors, dir: s.name, file: path.Join(s.name, weightsFile), timm: s.timm, used: map[string]bool{}, filter: patch.Bicubic75}
	if s.timm {
		w.filter = patch.Bicubic
	}
	if err := w.load(m, s.config, freshHead); err != nil {
		return nil, err
	}
	return m, nil
}

func readJSON(dir fs.FS, name, file string) ([]byte, error) {
	f, err := dir.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s is not a model directory: %w", name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxJSON+1))
	if err != nil {
		return nil, fmt.Errorf("%s/%s: %w", name, file, err)
	}
	if len(data) > maxJSON {
		return nil, fmt.Errorf("%s/%s is larger than %d bytes", name, file, maxJSON)
	}
	if !json.Valid(bytes.TrimSpace(data)) {
		return nil, fmt.Errorf("%s/%s is not JSON", name, file)
	}
	return data, nil
}
