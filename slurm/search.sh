#!/usr/bin/env bash
# A search: tasks <= search.lag + 1, each fits linear models on its cores. Over
# trainings (jobs/search-finetune-*.yaml): tasks <= (search.lag + 1) x
# search.ranks_per_trial, and a multiple of the latter.
#   sbatch slurm/search.sh [JOB.yaml] [--set key=value ...]
#SBATCH --job-name=fmcib-search
#SBATCH --ntasks=4
#SBATCH --cpus-per-task=2
#SBATCH --mem-per-cpu=4G
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

stage fmcib-search jobs/search-task1.yaml "$@"
