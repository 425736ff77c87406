#!/bin/sh
# What the tests of the harness start in place of QEMU: the script in the folder of the program.
cd "$(dirname "$0")" && . ./script
