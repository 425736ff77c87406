# What the Linux guest of `cargo xtask windows-vm --self-test` runs. It writes the reports that the script
# for Windows writes: see reports.rs.
bb=/bin/busybox

step() {
    name=$1
    shift
    echo "vm begin $name"
    "$@" 2>&1
    echo "vm end $name $?"
}

file() {
    echo "vm file $1"
    $bb cat "/shared/$1"
    echo "vm end-of-file $1"
}

step kernel $bb uname -r
step shared-disk-is-read-only $bb sh -c '! $0 touch /shared/written' $bb
file sample.txt
# A sleep from which only the monitor of the machine wakes it.
step sleep $bb sh -c 'echo mem > /sys/power/state'
echo "vm done"
