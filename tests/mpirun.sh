#!/usr/bin/env bash
# mpirun.sh N program args...: N ranks on this machine, also as root, in a
# container, with fewer cores than ranks. FMCIB_MPIRUN: another MPI's.
set -euo pipefail
n=$1
shift
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_base_warn_component_unused=0 OMPI_MCA_btl=self,vader,tcp
export OMPI_MCA_hwloc_base_binding_policy=none
exec "${FMCIB_MPIRUN:-mpirun}" -n "$n" "$@"
