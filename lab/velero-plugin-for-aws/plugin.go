//go:build tools

// Real Velero's plug-in for S3, for tests of what its server and the toolkit write into one bucket. This file only names it.
package plugin

import _ "github.com/vmware-tanzu/velero-plugin-for-aws/velero-plugin-for-aws"
