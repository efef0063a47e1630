#!/usr/bin/env bash
# Supervised training: tasks x cores <= train.shards of the job.
#   sbatch slurm/finetune.sh [JOB.yaml] [--set key=value ...]
#SBATCH --job-name=fmcib-finetune
#SBATCH --ntasks=2
#SBATCH --cpus-per-task=16
#SBATCH --mem-per-cpu=1500M
#SBATCH --time=24:00:00
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

stage fmcib-finetune jobs/finetune-task1.yaml "$@"
