package catalog

import (
	"encoding/xml"
	"fmt"
)

// The keys under which a Parquet file holds a VOTable without rows: the units,
// UCDs and descriptions of its columns (VOParquet, IVOA Note "Parquet in the VO"
// 1.0). TOPCAT and astropy read it.
const (
	votableVersion = "IVOA.VOTable-Parquet.version"
	votableContent = "IVOA.VOTable-Parquet.content"
)

type votableDocument struct {
	XMLName xml.Name       `xml:"http://www.ivoa.net/xml/VOTable/v1.3 VOTABLE"`
	Version string         `xml:"version,attr"`
	Table   []votableTable `xml:"RESOURCE>TABLE"`
}

type votableTable struct {
	Name   string         `xml:"name,attr"`
	Fields []votableField `xml:"FIELD"`
}

type votableField struct {
	Name        string `xml:"name,attr"`
	Datatype    string `xml:"datatype,attr"`
	Arraysize   string `xml:"arraysize,attr,omitempty"`
	Precision   string `xml:"precision,attr,omitempty"`
	Unit        string `xml:"unit,attr,omitempty"`
	UCD         string `xml:"ucd,attr,omitempty"`
	Description string `xml:"DESCRIPTION,omitempty"`
}

// votableTypes is how each kind of scalar column is said in a VOTable (1.4,
// sections 2.1 and 4.1), which is enough to tell the kinds apart.
var votableTypes = map[fieldKind]votableField{
	textField:        {Datatype: "char", Arraysize: "*"},
	wholeField:       {Datatype: "long"},
	angleField:       {Datatype: "double", Precision: "F9"},
	pixelField:       {Datatype: "double", Precision: "F6"},
	probabilityField: {Datatype: "double", Precision: "E8"},
	valueField:       {Datatype: "double"},
	singleField:      {Datatype: "float"},
}

func votable(title string, columns []field) (string, error) {
	table := votableTable{Name: title}
	for _, c := range columns {
		f := votableTypes[c.kind]
		f.Name, f.Unit, f.UCD, f.Description = c.name, c.unit, c.ucd, c.about
		table.Fields = append(table.Fields, f)
	}
	text, err := xml.Marshal(votableDocument{Version: "1.4", Table: []votableTable{table}})
	return string(text), err
}

// fields are the columns of a Parquet table with the meaning that its VOTable
// gives them, without the functions that fill them. That it has none, or one of
// other columns, is an error.
func (t *Table) fields() ([]field, error) {
	var document votableDocument
	if err := xml.Unmarshal([]byte(t.Note(votableContent)), &document); err != nil {
		return nil, &FormatError{File: t.file, Where: votableContent, Reason: "not a VOTable", Err: err}
	}
	if len(document.Table) != 1 || len(document.Table[0].Fields) != len(t.names) {
		return nil, &FormatError{File: t.file, Where: votableContent, Reason: fmt.Sprintf("want one table of %d fields", len(t.names))}
	}
	columns := make([]field, len(t.names))
	for i, f := range document.Table[0].Fields {
		columns[i] = field{name: t.names[i], unit: f.Unit, ucd: f.UCD, about: f.Description, kind: valueField}
		for kind, is := range votableTypes {
			if is.Datatype == f.Datatype && is.Precision == f.Precision {
				columns[i].kind = kind
			}
		}
	}
	return columns, nil
}
