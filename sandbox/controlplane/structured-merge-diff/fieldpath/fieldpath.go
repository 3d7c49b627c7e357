// Package fieldpath lets Pulumi's provider, which was written against version 4 of structured-merge-diff, be built with
// the Kubernetes of our control planes, which has version 6: what it uses is the same in both.
package fieldpath

import "sigs.k8s.io/structured-merge-diff/v6/fieldpath"

type (
	Path = fieldpath.Path
	Set  = fieldpath.Set
)

var MakePath = fieldpath.MakePath
