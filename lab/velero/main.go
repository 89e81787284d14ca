// Real Velero, for tests of what it and the toolkit write into one bucket: the name it is called by picks the program.
package main

import (
	"os"
	"path/filepath"

	"github.com/vmware-tanzu/velero/pkg/cmd/velero"
)

func main() {
	if err := velero.NewCommand(filepath.Base(os.Args[0])).Execute(); err != nil {
		os.Exit(1)
	}
}
