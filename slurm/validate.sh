#!/usr/bin/env bash
# Gates and the report: one task.
#   sbatch slurm/validate.sh [JOB.yaml] [--set key=value ...]
#SBATCH --job-name=fmcib-validate
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem-per-cpu=2G
#SBATCH --time=01:00:00
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

stage fmcib-validate jobs/demo/validate.yaml "$@"
