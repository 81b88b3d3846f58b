#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Holds the sources to docs/architecture.md: a folder includes only folders above it, and a library's headers
# appear only in the folder that hides it. Also what every source file must have and must not have.
set -u
cd "$(dirname "$0")/../.."
failed=0

# complain MESSAGE: prints the lines on stdin under MESSAGE; no lines, no complaint.
complain() {
  lines=$(cat)
  [ -n "$lines" ] || return 0
  printf '%s\n%s\n' "$1" "$lines" | sed '2,$s/^/  /'
  failed=1
}

# include_lines PATTERN PATH...: lines of C files that include PATTERN
include_lines() {
  pattern=$1
  shift
  grep -rnE --include='*.[ch]' "#[[:space:]]*include [<\"]$pattern" "$@" || true
}

all='include src plugin examples tests'
below=
for folder in cli gst train codec media model onnx exec ops dnn graph base; do
  [ -d src/$folder ] || continue
  [ -z "$below" ] || complain "src/$folder includes a folder below it" <<EOF
$(include_lines "src/($below)/" src/$folder)
EOF
  below=$below${below:+|}$folder
done
complain 'a public header includes a private one' <<EOF
$(include_lines '(src|plugin)/' include examples)
EOF
complain 'a library includes plugin/' <<EOF
$(include_lines 'plugin/' src)
EOF

# only PATTERN FOLDERS: headers that match PATTERN may be included below FOLDERS only
only() {
  complain "<$1...> outside of $2" <<EOF
$(include_lines "$1" $all | grep -vE "^($(echo "$2" | tr ' ' '|'))")
EOF
}
only 'gst/' 'plugin/ src/gst/ src/cli/ include/latent/gst tests/ examples/'
only '(oneapi/)?dnnl' 'src/dnn/'
only 'protobuf-c/|onnx\.pb-c' 'src/onnx/'
only 'omp\.h' 'src/base/'
only '(lapacke|cblas|openblas)' 'src/train/'
only 'json-glib/' 'src/cli/ tests/'

sources=$(find $all -name '*.[ch]')
complain 'no SPDX line on top' <<EOF
$(awk 'FNR == 1 && !/SPDX-License-Identifier: LGPL-2.1-or-later/ { print FILENAME }' $sources)
EOF
complain 'goto' <<EOF
$(grep -nE '^[^"*]*\bgoto [a-z_]+;' $sources)
EOF
complain 'loose end' <<EOF
$(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $sources)
EOF
complain 'over 500 lines' <<EOF
$(wc -l $sources | awk '$2 != "total" && $1 > 500 {print $2, $1}')
EOF
complain 'the first include of our own is neither the own header nor a private one' <<EOF
$(find src plugin -name '*.[ch]' | awk '
  { files[$0] }
  function check(file,   header, name, line, first) {
    header = name = substr(file, 1, length(file) - 1) "h"
    sub(/.*\//, "", name)
    while (first == "" && (getline line <file) > 0)
      if (match(line, /^#include "[^"]+"/)) first = substr(line, 11, RLENGTH - 11)
    close(file)
    if (first !~ /private\.h$/ && substr(first, length(first) - length(name) + 1) != name) print file ": " first
  }
  END {
    for (file in files)
      if (file ~ /\.c$/ && substr(file, 1, length(file) - 1) "h" in files) check(file)
  }')
EOF
exit $failed
