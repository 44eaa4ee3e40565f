#!/bin/sh
# Builds the page again and fails if the committed files are not what comes out.
set -eu
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund
npm run --silent types
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
node build.mjs "$out/dist"
if ! diff -rq ../dist "$out/dist"; then
	echo "playground/dist is not what playground/web builds: run 'npm run build' there and commit" >&2
	exit 1
fi
echo "playground/dist is fresh"
