#!/usr/bin/env bash
# Other software beside ours: ./run bench --peers [SCRIPT...] (all scripts
# without a name). The packages go to build/peers, from PyPI. SCRIPT@WHAT is
# the script with other versions in an environment of their own; some GB each,
# so only by name.
set -euo pipefail
cd "$(dirname "$0")/../.."

# script: packages
peers=(
    "search: optuna"
    "journal: optuna"
    "linear: scikit-learn"
    "sweep: scikit-learn optuna"
    "network: torch monai==1.4.0"
    "patches: SimpleITK==2.4.0 numpy==1.26.4"
    "weights: safetensors numpy"
    "weights@torch-1.13: torch==1.13.1 numpy<2 safetensors"
    "weights@torch-2.0: torch==2.0.1 numpy<2 safetensors"
    "weights@torch-2.5: torch==2.5.1 numpy<2 safetensors"
)

base=${FMCIB_PEERS:-build/peers}
bin=${FMCIB_BIN:-build/release/bin}
for peer in "${peers[@]}"; do
    name=${peer%%:*}
    [[ $# -eq 0 && $name != *@* || " $* " == *" $name "* ]] || continue
    env=$base
    [[ $name != *@* ]] || env=$base-${name#*@}
    [[ -x $env/bin/python ]] || python3 -m venv "$env"
    # shellcheck disable=SC2086 # a list of packages
    "$env/bin/pip" install -q --disable-pip-version-check ${peer#*:} || {
        echo "peers: SKIP $name: cannot install${peer#*:}"
        continue
    }
    "$env/bin/python" "tests/peer/${name%@*}.py" "$bin"
done
