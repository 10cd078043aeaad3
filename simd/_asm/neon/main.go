// Command neon writes the NEON kernels of arm64, for which avo has no
// instructions: NAME.s and NAME.go in the folder that its argument names.
package main

import (
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: neon FOLDER")
	}
	gemm := new(file)
	gemm.tiles(2)
	gemm.tiles(1)
	gemm.byteTiles(2)
	gemm.byteTiles(1)
	gemm.narrow()
	gemm.transpose()
	gemm.write(os.Args[1], "gemm_arm64")

	rows := new(file)
	rows.vectors()
	rows.softmax()
	rows.activations()
	rows.norms()
	rows.adamW()
	rows.filters()
	rows.write(os.Args[1], "rows_arm64")
}
