#!/usr/bin/env bash
# Features of patches: rows over tasks. Queued again, it goes on from the rows
# that are done; it ends with 12 when some could not be had (rejected.csv).
#   sbatch slurm/extract.sh [JOB.yaml] [--set key=value ...]
#   sbatch slurm/extract.sh jobs/extract.yaml --weights model.torch --list my.csv
#SBATCH --job-name=fmcib-extract
#SBATCH --ntasks=8
#SBATCH --cpus-per-task=4
#SBATCH --mem-per-cpu=2G
#SBATCH --time=04:00:00
#SBATCH --signal=USR1@180
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

stage fmcib-extract jobs/extract-task1.yaml "$@"
