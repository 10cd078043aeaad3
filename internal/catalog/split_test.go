package catalog

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// foldOf is the fold of each id.
func foldOf(ids []string, class []int, k int) map[string]int {
	m := map[string]int{}
	for row, fold := range Folds(ids, class, k) {
		m[ids[row]] = fold
	}
	return m
}

func TestFolds(t *testing.T) {
	const n, k = 1000, 7
	ids, class := make([]string, n), make([]int, n)
	for i := range ids {
		ids[i], class[i] = fmt.Sprintf("J%04d", i), i%3
		if i%10 == 0 {
			class[i] = -1
		}
	}
	class[4], class[5] = 3, 3
	counts := map[[2]int]int{} // rows of each class in each fold
	for row, fold := range Folds(ids, class, k) {
		if (fold < 0) != (class[row] < 0) || fold >= k {
			t.Fatalf("row %d of class %d is in fold %d", row, class[row], fold)
		}
		counts[[2]int{class[row], fold}]++
	}
	for c := range 3 {
		var each []int
		for fold := range k {
			each = append(each, counts[[2]int{c, fold}])
		}
		if slices.Max(each)-slices.Min(each) > 1 {
			t.Errorf("class %d has %v rows in the folds", c, each)
		}
	}
	for fold := range k {
		if counts[[2]int{3, fold}] > 1 {
			t.Errorf("both rows of a small class are in fold %d", fold)
		}
	}

	// The order of the rows is of no account.
	before := foldOf(ids, class, k)
	reversed, backward := slices.Clone(ids), slices.Clone(class)
	slices.Reverse(reversed)
	slices.Reverse(backward)
	if !reflect.DeepEqual(foldOf(reversed, backward, k), before) {
		t.Error("the folds depend on the order of the rows")
	}

	// Few old rows move when some are added, and those to a fold beside theirs.
	longer := append(slices.Clone(ids), "new1", "new2", "new3")
	after := foldOf(longer, append(slices.Clone(class), 0, 1, 2), k)
	moved := 0
	for id, fold := range before {
		if d := after[id] - fold; d != 0 {
			moved++
			if d*d > 1 {
				t.Errorf("%s moved from fold %d to %d", id, fold, after[id])
			}
		}
	}
	if moved > 3*(k-1) {
		t.Errorf("%d rows moved when 3 were added", moved)
	}

	// Rows of one id stay together, whatever they do to the sizes.
	twice := slices.Concat(ids[:9], ids[:9], ids[:3])
	folds := Folds(twice, nil, k)
	for row, id := range twice {
		if first := slices.Index(twice, id); folds[row] != folds[first] {
			t.Errorf("%s is in the folds %d and %d", id, folds[first], folds[row])
		}
	}
}

// The folds are independent of the parts that Split makes.
func TestFoldsAreNoSplits(t *testing.T) {
	const n, k = 5000, 5
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	folds := Folds(ids, nil, k)
	for seed := range uint64(3) {
		_, val := Split(ids, nil, 0.2, seed)
		count := map[int]int{}
		for _, row := range val {
			count[folds[row]]++
		}
		// 1000 rows in five equal boxes: six standard deviations of a binomial are 76.
		for fold, c := range count {
			if c < 124 || c > 276 {
				t.Errorf("seed %d: %d of %d validation rows are in fold %d", seed, c, len(val), fold)
			}
		}
	}
}

func TestParts(t *testing.T) {
	table := fromCSV(t, "id,split\n1,train\n2,VALID\n3,Test\n4,val\n5,Validation\n6,training\n7,later\n8,\n")
	train, val, test, err := table.Parts("split", []int{0, 1, 2, 3, 4, 5})
	if err != nil {
		t.Fatal(err)
	}
	if got := [][]int{train, val, test}; !reflect.DeepEqual(got, [][]int{{0, 5}, {1, 3, 4}, {2}}) {
		t.Errorf("%v", got)
	}
	for row, text := range map[int]string{6: `"later"`, 7: `""`} {
		_, _, _, err := table.Parts("split", []int{0, row})
		wantError(t, err, "train.csv", fmt.Sprintf("row %d", row+1), `column "split"`, text, "train, val")
	}
	selected, err := table.Where(Where{"id", "7"})
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = selected.Parts("split", []int{0})
	wantError(t, err, "row 7")
	_, _, _, err = table.Parts("part", nil)
	wantError(t, err, "part", "id, split")
}
