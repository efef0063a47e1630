#!/usr/bin/env bash
# What fmcib-data does, as a job: sums of large folders with all tasks.
#   sbatch slurm/data.sh verify data/foundation_weights
#   sbatch slurm/data.sh hash my/cts --out my/cts/manifest.yaml
# fetch needs internet (or --mirror) on the node; it runs once, on one task.
#SBATCH --job-name=fmcib-data
#SBATCH --ntasks=8
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=1G
#SBATCH --time=04:00:00
#SBATCH --output=%x-%j.out
#SBATCH --open-mode=append
#SBATCH --requeue
set -euo pipefail

# Slurm runs a copy of this file; the project is where sbatch was called.
for home in "${FMCIB_HOME:-}" "${SLURM_SUBMIT_DIR:-.}" "${SLURM_SUBMIT_DIR:-.}/.."; do
    if [ -n "$home" ] && [ -f "$home/slurm/lib.sh" ]; then
        break
    fi
done
FMCIB_HOME=$(cd "$home" && pwd)
export FMCIB_HOME
# shellcheck source=slurm/lib.sh
. "$FMCIB_HOME/slurm/lib.sh" || {
    echo "set FMCIB_HOME to the folder of fmcib-hpc, or call sbatch there" >&2
    exit 4
}

bin=${FMCIB_BIN:-$FMCIB_HOME/build/release/bin}/fmcib-data
[ -x "$bin" ] || die 4 "$bin is not there: ./run build, or set FMCIB_BIN"
cd "$FMCIB_HOME" || die 4 "cannot enter $FMCIB_HOME"
prepare_environment
case ${1:-} in
verify | hash) run_step "$bin" "$@" ;;
*) exec "$bin" "$@" ;; # no MPI in it
esac
