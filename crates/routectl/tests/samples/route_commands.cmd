@echo off
rem What the branch office needs.
route add 10.20.0.0 mask 255.255.0.0 192.0.2.254 metric 5 if 7
ROUTE -p ADD 10.21.0.0 MASK 255.255.0.0 192.0.2.254
@route add 192.0.2.77 192.0.2.254 if 0x7
route add 10.22.0.0/16 0.0.0.0 if 12
route -6 add 2001:db8:20::/48 fe80::1%7 metric 3
route change 10.23.0.0 mask 255.255.0.0 192.0.2.254 metric 9 if 7
route delete 10.24.0.0 mask 255.255.0.0 192.0.2.254 if 7
route.exe delete 10.23.0.0 mask 255.255.0.0
