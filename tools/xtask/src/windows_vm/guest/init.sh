#!/bin/busybox sh
# The first program of the Linux guest: it mounts the shared disk and runs the script on it.
/bin/busybox mkdir -p /proc /dev /sys /shared
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t sysfs none /sys
/bin/busybox mount -t devtmpfs none /dev
for module in $(/bin/busybox cat /modules/order); do
    /bin/busybox insmod "/modules/$module.ko"
done
/bin/busybox mount -t vfat -o ro /dev/vda1 /shared
/bin/busybox sh /shared/guest.sh > /dev/ttyS1
# What is on its way through the serial port comes first. The machine ends when it is reset.
/bin/busybox sleep 1
/bin/busybox reboot -f
