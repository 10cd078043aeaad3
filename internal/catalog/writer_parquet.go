package catalog

import (
	"io"

	"github.com/parquet-go/parquet-go"
)

type parquetSheet struct {
	out     *parquet.GenericWriter[any]
	columns []field
	row     parquet.Row
}

// orderedGroup is a group whose columns keep their order, where parquet.Group
// sorts them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g orderedGroup) Fields() []parquet.Field { return g.fields }

// groupCells is about how many cells are held until they go to disk.
const groupCells = 1 << 22

func newParquetSheet(out io.Writer, layout Layout) (*parquetSheet, error) {
	columns := layout.scalars()
	group := parquet.Group{}
	for _, c := range columns {
		var node parquet.Node
		switch c.kind {
		case textField:
			node = parquet.String()
		case wholeField:
			node = parquet.Optional(parquet.Int(64))
		case singleField:
			group[c.name] = parquet.Leaf(parquet.FloatType) // features hardly compress
			continue
		default:
			node = parquet.Leaf(parquet.DoubleType)
		}
		group[c.name] = parquet.Compressed(node, &parquet.Zstd)
	}
	byName := map[string]parquet.Field{}
	for _, f := range group.Fields() {
		byName[f.Name()] = f
	}
	root := orderedGroup{Group: group}
	for _, c := range columns {
		root.fields = append(root.fields, byName[c.name])
	}
	meaning, err := votable(layout.title, columns)
	if err != nil {
		return nil, err
	}
	return &parquetSheet{
		out: parquet.NewGenericWriter[any](out, parquet.NewSchema(layout.title, root),
			parquet.MaxRowsPerRowGroup(int64(max(1, groupCells/len(columns)))),
			parquet.KeyValueMetadata(votableVersion, "1.0"),
			parquet.KeyValueMetadata(votableContent, meaning)),
		columns: columns,
		row:     make(parquet.Row, len(columns)),
	}, nil
}

func (s *parquetSheet) write(p *Prediction) error {
	for i, c := range s.columns {
		switch {
		case c.kind == textField:
			s.row[i] = parquet.ByteArrayValue([]byte(c.text(p))).Level(0, 0, i)
		case c.kind == singleField:
			s.row[i] = parquet.FloatValue(float32(c.number(p))).Level(0, 0, i)
		case c.kind != wholeField:
			s.row[i] = parquet.DoubleValue(c.number(p)).Level(0, 0, i)
		case c.number(p) < 0:
			s.row[i] = parquet.NullValue().Level(0, 0, i)
		default:
			s.row[i] = parquet.Int64Value(int64(c.number(p))).Level(0, 1, i)
		}
	}
	_, err := s.out.WriteRows([]parquet.Row{s.row})
	return err
}

func (s *parquetSheet) finish() error { return s.out.Close() }
