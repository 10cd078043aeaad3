package modeldir

import (
	"encoding/json"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// Every tensor must be there, once, in its shape: each fault is one line that
// names the directory and the tensor.
func TestEveryTensorCounts(t *testing.T) {
	hf, err := description{config: small, labels: []string{"a", "b", "c"}}.encode()
	if err != nil {
		t.Fatal(err)
	}
	full := Tensors(model(t, small).Net.Params, "", safetensors.F32)
	for kind, stored := range map[string]struct {
		config  string
		tensors []safetensors.Tensor
	}{
		"hf":   {string(hf), full},
		"timm": {timmSmall, timmTensors(full, vit.PoolClass)},
	} {
		read := func(tensors []safetensors.Tensor) error {
			_, err := Read(directory(t, stored.config, tensors), "dir")
			return err
		}
		if err := read(stored.tensors); err != nil {
			t.Fatal(err)
		}
		for i, tensor := range stored.tensors {
			wide, flat := slices.Clone(stored.tensors), slices.Clone(stored.tensors)
			wide[i].Shape = slices.Clone(tensor.Shape)
			wide[i].Shape[len(tensor.Shape)-1]++
			wide[i].Data = make([]float32, product(wide[i].Shape))
			flat[i].Shape, flat[i].Data = nil, []float32{1}
			for what, tensors := range map[string][]safetensors.Tensor{
				"missing":  slices.Delete(slices.Clone(stored.tensors), i, i+1),
				"too wide": wide,
				"a scalar": flat,
			} {
				err := read(tensors)
				if what != "missing" && err == nil || err != nil && (!strings.HasPrefix(err.Error(), "dir") || strings.Contains(err.Error(), "\n")) {
					t.Errorf("%s: %s %s: %v", kind, tensor.Name, what, err)
				}
				if what == "missing" && err == nil && tensor.Name != "cls_token" {
					t.Errorf("%s: %s is missing, without an error", kind, tensor.Name)
				}
			}
		}
		for _, name := range []string{"vit.embeddings.register_tokens", "blocks.0.ls1.gamma", "vit.encoder.layer.2.layernorm_before.weight"} {
			extra := safetensors.Tensor{Name: name, Shape: []int{4}, Data: make([]float32, 4)}
			if err := read(append(slices.Clone(stored.tensors), extra)); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: left over %s: %v", kind, name, err)
			}
		}
	}
}

func TestWrongTensorsAreNamed(t *testing.T) {
	hf, err := description{config: small, labels: []string{"a", "b", "c"}}.encode()
	if err != nil {
		t.Fatal(err)
	}
	full := Tensors(model(t, small).Net.Params, "", safetensors.F32)
	timm := timmTensors(full, vit.PoolClass)
	const fc1 = "vit.encoder.layer.1.intermediate.dense.weight"
	for name, c := range map[string]struct {
		dir  fstest.MapFS
		want string
	}{
		"missing":      {directory(t, string(hf), without(full, fc1)), `dir/model.safetensors: tensor "` + fc1 + `" is missing`},
		"timm missing": {directory(t, timmSmall, without(timm, "blocks.1.attn.qkv.bias")), `dir/model.safetensors: tensor "blocks.1.attn.qkv.bias" is missing`},
		"shape":        {directory(t, string(hf), reshaped(full, fc1, 4, 6)), `tensor "` + fc1 + `" has the shape [4 6], the configuration wants [6 4]`},
		"timm shape":   {directory(t, timmSmall, reshaped(timm, "blocks.1.attn.qkv.weight", 24, 2)), `tensor "blocks.1.attn.qkv.weight" has the shape [24 2], the configuration wants [12 4]`},
		"both names":   {directory(t, string(hf), append(slices.Clone(full), renamed(full[0], "embeddings.cls_token"))), `tensor "embeddings.cls_token" does not belong`},
	} {
		if _, err := Read(c.dir, "dir"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %s", name, err, c.want)
		}
	}
	// An integer tensor of the right shape is the file's fault, not a number.
	dir := directory(t, string(hf), full)
	dir[weightsFile].Data = []byte(strings.Replace(string(dir[weightsFile].Data), `"F32"`, `"I32"`, 1))
	if _, err := Read(dir, "dir"); err == nil || !strings.Contains(err.Error(), `dir: model.safetensors: tensor "vit.embeddings.cls_token": has the type "I32"`) {
		t.Errorf("an integer tensor: %v", err)
	}
}

func without(tensors []safetensors.Tensor, name string) []safetensors.Tensor {
	return slices.DeleteFunc(slices.Clone(tensors), func(t safetensors.Tensor) bool { return t.Name == name })
}

func reshaped(tensors []safetensors.Tensor, name string, shape ...int) []safetensors.Tensor {
	tensors = slices.Clone(tensors)
	i := slices.IndexFunc(tensors, func(t safetensors.Tensor) bool { return t.Name == name })
	tensors[i].Shape = shape
	return tensors
}

func renamed(t safetensors.Tensor, name string) safetensors.Tensor {
	t.Name = name
	return t
}

// A config.json is one line of trouble, and whatever it says takes little more
// memory than the files have: the names of 1000 layers are the most.
func TestHostileConfig(t *testing.T) {
	net := model(t, small).Net
	full := Tensors(net.Params, "", safetensors.F32)
	const base = `"model_type":"vit","hidden_size":4,"num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":6,"layer_norm_eps":1e-6,"image_size":[8,10],"patch_size":2`
	const labels = `"id2label":{"0":"a","1":"b","2":"c"},`
	const variant = `"model_type":"astrovit","astrovit":{"task":"classify","class_token":true,"pool":"cls","positions":"sincos2d"}`
	hundreds := make(map[string]string)
	for i := range 200 {
		hundreds[strconv.Itoa(i)] = "class " + strconv.Itoa(i)
	}
	many, err := json.Marshal(hundreds)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, config, want string }{
		{"empty", ``, "config.json"},
		{"not JSON", `{"model_type"`, "not JSON"},
		{"a list", `[]`, "config.json"},
		{"null", `null`, "model_type"},
		{"deep", strings.Repeat(`{"a":`, 100000) + "1" + strings.Repeat("}", 100000), "not JSON"},
		{"another model", `{"model_type":"dinov2"}`, `"dinov2"`},
		{"no model", `{}`, "model_type"},
		{"a text for a number", `{` + base + `,"hidden_size":"4"}`, "hidden_size"},
		{"a fraction", `{` + base + `,"num_hidden_layers":2.5}`, "num_hidden_layers"},
		{"past int64", `{` + base + `,"num_hidden_layers":1e30}`, "num_hidden_layers"},
		{"many layers", `{` + base + `,"num_hidden_layers":1000000000}`, "depth is 1000000000"},
		{"layers that are not there", `{` + base + `,"num_hidden_layers":3}`, `layer.2.layernorm_before.weight" is missing`},
		{"many layers that could be", `{` + base + `,"num_hidden_layers":1000}`, "parameters"},
		{"no layers", `{` + base + `,"num_hidden_layers":0}`, "depth is 0"},
		{"negative width", `{` + base + `,"hidden_size":-4}`, "dim is -4"},
		{"huge width", `{` + base + `,"hidden_size":1048576}`, "parameters"},
		{"overflowing width", `{` + base + `,"hidden_size":9223372036854775807}`, "dim is 9223372036854775807"},
		{"no heads", `{` + base + `,"num_attention_heads":0}`, "heads is 0"},
		{"heads that do not divide", `{` + base + `,"num_attention_heads":3}`, "multiple of heads"},
		{"huge image", `{` + base + `,"image_size":2000000000}`, "config.json"},
		{"huge image that could be", `{` + base + `,"image_size":[8,1000000]}`, "config.json"},
		{"huge image without learned positions", `{` + base + `,` + variant + `,"image_size":[2048,2048]}`, "tokens"},
		{"huge patch", `{` + base + `,"image_size":1024,"patch_size":1024}`, "dir/config.json: patch length"},
		{"negative image", `{` + base + `,"image_size":[-8,-10]}`, "config.json"},
		{"three sides", `{` + base + `,"image_size":[8,10,2],"patch_size":[2,2,2]}`, "2-D"},
		{"no bands", `{` + base + `,"num_channels":0}`, "bands is 0"},
		{"other bands", `{` + base + `,"num_channels":4}`, `projection.weight" has the shape`},
		{"another activation", `{` + base + `,"hidden_act":"quick_gelu"}`, "quick_gelu"},
		{"another problem", `{` + base + `,"problem_type":"regression"}`, "problem_type"},
		{"eps 0", `{` + base + `,"layer_norm_eps":0}`, "eps is 0"},
		{"eps below float32", `{` + base + `,"layer_norm_eps":1e-50}`, "eps is 0"},
		{"labels of another number", `{` + base + `,"id2label":{"0":"a"}}`, `"classifier.weight" has the shape [3 4]`},
		{"label keys", `{` + base + `,"id2label":{"0":"a","1":"b","3":"c"}}`, "id2label"},
		{"label keys of one number", `{` + base + `,"id2label":{"0":"a","00":"b","1":"c"}}`, "id2label"},
		{"too many labels", `{` + base + `,"id2label":{"0":"a","1":"b","2":"c","3":"d"}}`, `"classifier.weight" has the shape [3 4]`},
		{"a head that is not there", `{` + base + `,"id2label":` + string(many) + `}`, "1456 parameters, the tensors have 471"},
		{"no variant", `{` + base + `,"model_type":"astrovit"}`, "astrovit"},
		{"variant of vit", `{` + base + `,"astrovit":{}}`, "astrovit"},
		{"variant of nothing", `{` + base + `,"model_type":"astrovit","astrovit":{}}`, "astrovit.task"},
		{"no such pool", `{` + base + `,"model_type":"astrovit","astrovit":{"task":"classify","class_token":true,"pool":"max","positions":"learned"}}`, `"max"`},
		{"column without std", `{` + base + `,"model_type":"astrovit","astrovit":{"task":"regress","class_token":true,"pool":"cls","positions":"learned","columns":[{"name":"z","std":0}]}}`, "astrovit.columns"},
		{"column twice", `{` + base + `,"model_type":"astrovit","astrovit":{"task":"regress","class_token":true,"pool":"cls","positions":"learned","columns":[{"name":"z","std":1},{"name":"z","std":1}]}}`, "twice"},
		{"no question", `{` + base + `,"model_type":"astrovit","astrovit":{"task":"votes","class_token":true,"pool":"cls","positions":"learned","questions":[]}}`, `no question`},
		{"one answer", `{` + base + `,"model_type":"astrovit","astrovit":{"task":"votes","class_token":true,"pool":"cls","positions":"learned","questions":[{"name":"a","answers":["a_x"]}]}}`, `two or more`},
		{"asked after nothing", `{` + base + `,"model_type":"astrovit","astrovit":{"task":"votes","class_token":true,"pool":"cls","positions":"learned","questions":[{"name":"a","answers":["a_x","a_y"],"asked_after":"b_x"}]}}`, `b_x`},
		{"too many answers", `{` + base + `,"model_type":"astrovit","astrovit":{"task":"votes","class_token":true,"pool":"cls","positions":"learned","questions":[{"name":"a","answers":["a_x","a_y","a_z","a_w"]}]}}`, `has the shape [3 4]`},
		{"timm without heads", `{"architecture":"vit_odd"}`, "num_heads"},
		{"timm without size", `{"architecture":"vit_tiny_patch16_224"}`, "patch_embed.proj.weight"},
	} {
		if !strings.Contains(c.config, "id2label") {
			c.config = strings.Replace(c.config, `"model_type":`, labels+`"model_type":`, 1)
		}
		dir := directory(t, c.config, full)
		if c.config == "" {
			dir[configFile].Data = nil
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(dir, "dir")
		runtime.ReadMemStats(&after)
		if err == nil || !strings.HasPrefix(err.Error(), "dir") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", c.name, err, c.want)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
			t.Errorf("%s: took %d bytes for files of %d", c.name, used, len(dir[weightsFile].Data)+len(c.config))
		}
	}
	if _, err := Read(directory(t, `{`+labels+base+`}`, full), "dir"); err != nil {
		t.Errorf("the configuration that the others change: %v", err)
	}
}

func TestHostileTimmConfig(t *testing.T) {
	timm := timmTensors(Tensors(model(t, small).Net.Params, "", safetensors.F32), vit.PoolClass)
	for _, c := range []struct{ old, new, want string }{
		{`"num_heads":2`, `"num_heads":-2`, "heads is -2"},
		{`"num_heads":2`, `"num_heads":3`, "multiple of heads"},
		{`"img_size":[8,10]`, `"img_size":"8"`, "size must be"},
		{`"img_size":[8,10]`, `"img_size":[8,10,3]`, "axes"},
		{`"img_size":[8,10]`, `"img_size":[16,10]`, `"pos_embed" has the shape [1 21 4]`},
		{`"token"`, `"map"`, "global_pool"},
		{`"token"`, `"avg"`, `"fc_norm.weight" is missing`},
		{`[0.25,0.25,0.25]`, `[0.25,0,0.25]`, "dir/config.json: 0 cannot be a std"},
		{`[0.25,0.25,0.25]`, `[0.25]`, "3 and 1 values"},
		{`"bicubic"`, `"lanczos"`, "dir/config.json: pretrained_cfg.interpolation"},
		{`"crop_pct":1.0`, `"crop_pct":1e-300`, "shortest edge"},
	} {
		config := strings.Replace(timmSmall, c.old, c.new, 1)
		if _, err := Read(directory(t, config, timm), "dir"); err == nil || !strings.HasPrefix(err.Error(), "dir") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.new, err, c.want)
		}
	}
	config := strings.Replace(timmSmall, `"img_size":[8,10]`, `"img_size":null`, 1)
	if m, err := Read(directory(t, config, timm), "dir"); err != nil || !slices.Equal(m.Net.Config.Grid.Shape, []int{8, 10}) {
		t.Errorf("null is not pretrained_cfg's size: %v", err)
	}
}

// ImageNet has two classes "crane"; a column of predictions needs one name.
func TestLabelsBecomeDistinct(t *testing.T) {
	for _, c := range []struct{ in, want []string }{
		{[]string{"crane", "maillot", "crane", "crane"}, []string{"crane", "maillot", "crane_2", "crane_3"}},
		{[]string{"a", "a", "a_1", "a_1"}, []string{"a", "a_1", "a_1_2", "a_1_3"}},
		{nil, []string{}},
	} {
		if got := distinct(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q become %q, want %q", c.in, got, c.want)
		}
	}
}

func TestReadNothing(t *testing.T) {
	if _, err := Read(fstest.MapFS{}, "dir"); err == nil || !strings.Contains(err.Error(), "dir is not a model directory") {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Read(fstest.MapFS{configFile: {Data: []byte(timmSmall)}}, "dir"); err == nil || !strings.HasPrefix(err.Error(), "dir: ") || !strings.Contains(err.Error(), weightsFile) {
		t.Errorf("a directory without weights: %v", err)
	}
}
