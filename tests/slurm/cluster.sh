# shellcheck shell=bash disable=SC2154 # tmp, skip: cli/lib.sh
# A real Slurm on one machine, in name spaces of its own: nothing of it is seen
# outside, and all of it ends with the script. A test begins with
#
#   . "$(dirname "$0")/cluster.sh"    # starts the script again inside
#   . "$(dirname "$0")/../cli/lib.sh"
#   cluster_start 3                   # node1 to node3, two cores each
#
# Each node has its own network, host name and /dev/shm, as machines do. Needs
# root and Debian's slurm-wlm, munge and iproute2; says SKIP without.
if [ -z "${FMCIB_INSIDE:-}" ]; then
    for word in slurmctld slurmd munged srun ip unshare nsenter; do
        PATH=$PATH:/usr/sbin command -v "$word" >/dev/null || {
            echo "SKIP: no $word (Debian: slurm-wlm munge iproute2)"
            exit 77
        }
    done
    if [ "$(id -u)" != 0 ] || ! unshare --mount --net --pid --fork true; then
        echo 'SKIP: a cluster of name spaces needs root'
        exit 77
    fi
    FMCIB_INSIDE=1 PATH=$PATH:/usr/sbin exec unshare --mount --net --pid \
        --uts --fork --kill-child --mount-proc bash "$0" "$@"
fi

# what a job sees of Slurm, and of the machine that runs this test
unset "${!SLURM_@}" "${!SBATCH_@}" "${!SRUN_@}" "${!FMCIB_MAX@}"

write_slurm_conf() { # NODES
    cat >"$cluster/slurm.conf" <<END
ClusterName=test
SlurmctldHost=head(10.77.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=cred_expire=10
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/%n
TmpFS=$cluster/%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/%n/slurmd.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/%n/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=pmix
ReturnToService=2
JobRequeue=1
SchedulerParameters=kill_invalid_depend,batch_sched_delay=0,sched_min_interval=100000,bf_interval=2,sched_interval=2
SlurmdTimeout=5
KillWait=5
MailProg=/bin/true
SlurmdParameters=config_overrides
NodeName=node[1-$1] CPUs=2 RealMemory=4000
PartitionName=cpu Nodes=ALL Default=YES State=UP
END
}

# The network of node K: a name space with one cable to the bridge.
cluster_cable() {
    ip netns add "node$1" &&
        ip link add "cable$1" type veth peer name eth0 netns "node$1" &&
        ip link set "cable$1" master bridge up &&
        ip -n "node$1" link set lo up &&
        ip -n "node$1" link set eth0 up &&
        ip -n "node$1" addr add "10.77.0.$((10 + $1))/24" dev eth0 &&
        ip -n "node$1" route add default via 10.77.0.1
}

# node_up K, node_down K: a machine that starts, with nothing left in its
# folders, and one that loses its power.
node_up() {
    rm -rf "${cluster:?}/node$1"
    mkdir "$cluster/node$1"
    # shellcheck disable=SC2016
    nsenter --net="/run/netns/node$1" unshare --mount --uts --pid --fork \
        --kill-child --mount-proc bash -c '
        hostname "$1" && mount -t tmpfs shm /dev/shm && exec slurmd -D -N "$1"
    ' bash "node$1" >>"$cluster/node$1/out" 2>&1 &
    node_pid[$1]=$!
}
node_down() {
    kill -9 "${node_pid[$1]}"
    wait "${node_pid[$1]}" 2>/dev/null
    return 0
}

# The machine that munge, slurmctld and the test itself are on.
cluster_head() {
    mount -t tmpfs run /run && mkdir /run/munge &&
        printf '127.0.0.1 localhost\n10.77.0.1 head\n' >"$cluster/hosts" &&
        hostname head && ip link set lo up &&
        ip link add bridge type bridge && ip link set bridge up &&
        ip addr add 10.77.0.1/24 dev bridge
}

declare -a node_pid=()
cluster_start() { # NODES
    local k
    cluster=$tmp/cluster
    mkdir -p "$cluster/state"
    export SLURM_CONF=$cluster/slurm.conf
    cluster_head || skip 'no network of name spaces'
    for ((k = 1; k <= $1; k++)); do
        echo "10.77.0.$((10 + k)) node$k" >>"$cluster/hosts"
        cluster_cable "$k" || skip 'no network of name spaces'
    done
    mount --bind "$cluster/hosts" /etc/hosts
    write_slurm_conf "$1"
    dd if=/dev/urandom of="$cluster/munge.key" bs=128 count=1 status=none
    chmod 600 "$cluster/munge.key"
    munged --force --key-file="$cluster/munge.key" --seed-file="$cluster/seed" \
        --pid-file="$cluster/munge.pid" --log-file="$cluster/munge.log"
    slurmctld -c -D >>"$cluster/out" 2>&1 &
    for ((k = 1; k <= $1; k++)); do
        node_up "$k"
    done
    until_true 30 all_idle "$1" || {
        sinfo
        tail -n 5 "$cluster"/*.log "$cluster"/node*/*.log "$cluster"/node*/out
        exit 99
    } >&2
}
all_idle() { [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = "$1" ]; }

# until_true SECONDS CONDITION...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

# job_is JOB STATE
job_is() {
    scontrol show job "$1" 2>/dev/null | grep -q "JobState=$2 "
}
job_field() { # JOB FIELD
    scontrol show job "$1" | grep -o "$2=[^ ]*" | head -n 1 | cut -d= -f2
}
