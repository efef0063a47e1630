#!/usr/bin/env bash
# Features: 1 to 4 ranks x 1 to 4 threads x 5 batches, by both paths.
# labels: slow
# processors: 2
# timeout: 1800
FMCIB_CROSS=full exec bash "$(dirname "$0")/extract.t"
