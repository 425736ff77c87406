//! The longer texts of `--help`.

/// Examples of all commands.
pub(super) const EXAMPLES: &str = "\
Examples:
  routectl route add 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5
  routectl route add default via 2001:db8::1 dev luid:0x0006008001000000
  routectl route set 10.20.0.0/16 via 192.0.2.254 dev 7 metric 20
  routectl route get 10.20.1.1
  routectl route show --family 4 --longer 10.0.0.0/8
  routectl --json route show
  routectl route delete 10.20.0.0/16 via 192.0.2.254 dev 7
  routectl explain 10.20.0.1/16 via 192.0.2.254 dev 7
  routectl interface show
  routectl interface set 7 --metric 5
  routectl hold 10.20.0.0/16 via 192.0.2.254 dev 7 guard -- ping 10.20.0.1
  routectl apply routes.toml --atomic
  routectl import routes.txt --map eth0=7 --dry-run
  routectl leases
  routectl watch --family 4
  routectl top
  routectl selftest";

pub(super) const DEVICE: &str = "\
The device, or the socket of its host [default: $IPFORWARD_DEVICE, else the system's device]";

const PREFIX: &str = "\
PREFIX     10.20.0.0/16, 10.20.0.0/255.255.0.0, 10.20/16, 2001:db8::/32, an address for a host
           route, or default";

const KEY_KEYWORDS: &str = "\
via        the address of the next hop; without it, or with `on-link`, the route is on-link
dev        the interface: its index (7), its alias (Ethernet) or its LUID
           (luid:0x0006008001000000); without it, the interface on whose link the next hop is";

/// The keywords of the key of an existing route.
const EXISTING_KEYWORDS: &str = "\
via        the address of the next hop, or `on-link`
dev        the interface: its index (7), its alias (Ethernet) or its LUID
           (luid:0x0006008001000000)
           Both can be omitted if only one route matches the rest.";

/// The members of a route besides its key.
const MEMBER_KEYWORDS: &str = "\
metric     offset to the metric of the interface
protocol   the protocol: a name (NetMgmt, Ospf, Static) or a number
valid      valid lifetime: seconds (3600), a time with units (1h30m), or forever
preferred  preferred lifetime, likewise
site       length of the site prefix in bits
immortal   yes or no: the route does not expire
publish    yes or no: the route is advertised
loopback, autoconfigure
           yes or no";

/// The default values.
const DEFAULTS: &str = "\
Defaults: metric 256, protocol NetMgmt, valid forever, preferred as valid, site 0, and yes for the
rest; with a finite valid lifetime, immortal is no.";

pub(super) fn add() -> String {
    format!(
        "{PREFIX}
{KEY_KEYWORDS}
{MEMBER_KEYWORDS}

{DEFAULTS}

Examples:
  routectl route add 10.20.0.0/16 via 192.0.2.254 metric 5
  routectl route add default via 2001:db8::1 dev luid:0x0006008001000000
  routectl route add default dev 7 --family 6
  routectl route add 2001:db8:20::/48 dev 7 valid 1h preferred 30m publish no"
    )
}

pub(super) fn set() -> String {
    format!(
        "{PREFIX}
{EXISTING_KEYWORDS}
{MEMBER_KEYWORDS}

Prefix, next hop and interface identify the route. Other members keep their values unless given.

Examples:
  routectl route set 10.20.0.0/16 via 192.0.2.254 dev 7 metric 20
  routectl route set 10.20.0.0/16 via 192.0.2.254 dev 7 protocol Static publish no
  routectl route set 2001:db8:20::/48 valid forever preferred forever"
    )
}

pub(super) fn replace() -> String {
    format!(
        "{PREFIX}
{KEY_KEYWORDS}
{MEMBER_KEYWORDS}

{DEFAULTS}

Members that are not given get the defaults, also for a route that exists; `routectl route set`
keeps them.

Examples:
  routectl route replace 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5"
    )
}

pub(super) const FLUSH: &str = "\
At least one filter is needed. Routes of protocol Local, which the system adds by itself, stay unless
--protocol names them. routectl first shows the routes; on a terminal it asks.

Examples:
  routectl route flush --dev 7 --dry-run
  routectl route flush --longer 10.20.0.0/16 --protocol NetMgmt --yes";

pub(super) const EXPORT: &str = "\
Prints TOML, or with --json the list that `routectl --json route show` prints; `routectl apply` takes
both. The interface is given by its LUID, which it keeps after a restart.

Examples:
  routectl export > routes.toml
  routectl export --protocol NetMgmt --family 4
  routectl --json export | routectl apply - --dry-run";

pub(super) fn delete() -> String {
    format!(
        "{PREFIX}
{EXISTING_KEYWORDS}

If several routes match, routectl lists them and deletes none.

Examples:
  routectl route delete 10.20.0.0/16
  routectl route delete --absent-ok 10.20.0.0/16 via 192.0.2.254 dev 7"
    )
}

pub(super) fn get() -> String {
    format!(
        "With a PREFIX, prints the route with this key. With an ADDRESS, prints the route that a packet to
it would take, the source address, and the reason.

PREFIX     10.20.0.0/16, 192.0.2.77/32, 2001:db8::/32, or default
ADDRESS    10.20.1.1, 2001:db8:20::1
{EXISTING_KEYWORDS}
from       the source address of the packet

Examples:
  routectl route get 10.20.0.0/16 via 192.0.2.254 dev 7
  routectl route get 10.20.1.1
  routectl route get 2001:db8:20::1 from 2001:db8::10 dev 7"
    )
}

pub(super) const SHOW: &str = "\
METRIC is the route's own metric, TOTAL adds the metric of the interface: of two routes to the same
prefix, the one with the lower TOTAL wins. `?` means that the interface's metric is unknown.

STATE is there if a route is not in use: `disconnected`, its interface has no link; `disabled`, its
interface ignores default routes; `standby`, another route to the prefix has a lower TOTAL.

A route is shown if it passes all filters. --longer and --shorter with the same PREFIX show the
routes to exactly that PREFIX.

With --tree, each prefix is below the longest one shown that contains it.

Examples:
  routectl route show --family 4 --dev 7
  routectl route show --contains 10.20.1.1
  routectl route show --longer 10.0.0.0/8 --protocol NetMgmt
  routectl route show --tree --family 4";

pub(super) fn explain() -> String {
    format!(
        "{PREFIX}
{KEY_KEYWORDS}
{MEMBER_KEYWORDS}

{DEFAULTS}

Creates nothing. Warns of a next hop that is not on the link of the interface, that is an address of
this machine, or that is no address of a gateway. The exit code is 0 if the route breaks no rule,
and 1 if it breaks one. To check an invalid row, the prefix and the next hop can be `unspecified`, the interface 0, and the prefix
longer than its address.

Examples:
  routectl explain 10.20.0.1/16 via 192.0.2.254 dev 7
  routectl explain 2001:db8:20::/48 via 192.0.2.254 dev 7 metric 5
  routectl explain 2001:db8:20::/48 dev 7 valid 60 preferred 90
  routectl explain 2001:db8:20::/48 dev 7 site 64
  routectl explain unspecified dev 7
  routectl explain 10.20.0.0/16 via unspecified dev 0"
    )
}

pub(super) const INTERFACE_SHOW: &str = "\
METRIC is added to the metric of each route of the family on the interface. With AUTOMATIC yes, the
system sets it. With DEFAULTS no, the system does not use the default routes of the interface. The system does not use routes of an interface that is not CONNECTED.

Examples:
  routectl interface show
  routectl --json interface show --family 6";

pub(super) const INTERFACE_SET: &str = "\
The settings stay until they are changed again, at most until the computer restarts.
`routectl interface hold` puts the values before back when a command has ended.

Examples:
  routectl interface set 7 --metric 5
  routectl interface set Ethernet --automatic-metric yes -4
  routectl interface set 7 --default-routes no";

pub(super) const INTERFACE_HOLD: &str = "\
The settings belong to routectl while the command runs. Then, or if routectl is killed, the driver
puts the values before back, unless another program has changed them meanwhile. If another program
holds settings of the interface, the command does not run. The exit code is that of the command.

Examples:
  routectl interface hold 7 --metric 5 -- ping 10.20.0.1";

pub(super) fn hold() -> String {
    format!(
        "{PREFIX}
{KEY_KEYWORDS}
{MEMBER_KEYWORDS}
share      other programs can hold the same route, if they also use share
guard      restore the route when another program removes or changes it

{DEFAULTS}

The route exists before COMMAND starts. The driver removes it when COMMAND or routectl ends, also if
it is killed, and restores the route that it replaced. The exit code is that of COMMAND, or 6 if it is
0 and the guard gave up. The error output tells what the guard does.

Ctrl-C interrupts COMMAND; the route exists until COMMAND has ended. routectl forwards SIGTERM to
COMMAND.

Examples:
  routectl hold 10.20.0.0/16 via 192.0.2.254 dev 7 -- ping 10.20.0.1
  routectl hold default via 192.0.2.254 dev 7 metric 5 guard -- openvpn client.conf"
    )
}

pub(super) const APPLY: &str = "\
FILE has a table for each route:

  [[route]]
  prefix = \"10.20.0.0/16\"
  via = \"192.0.2.254\"  # without it the route is on-link
  dev = 7              # or \"Ethernet\", or \"luid:0x0006008001000000\"
  metric = 5           # default 256
  lease = true         # removed when COMMAND ends; needs --hold
  guard = true         # as lease, and restored when another program changes it

Other keys are protocol, valid, preferred, site, immortal, publish, loopback and autoconfigure, as in
`routectl route add --help`. The JSON of `routectl --json route show` is a file too.

With --owner NAME, routectl records the routes of the file under this name; with --prune it deletes
the recorded routes that the file does not have any more. Records are in the folder
$IPFORWARD_STATE [default: %ProgramData%\\IpForward\\owners, ~/.local/state/ipforward/owners].

routectl changes a route that exists already. It first shows a preview from a dry run of the driver:
+ added, ~ changed, - removed, ! refused. On a terminal it asks before it changes or removes existing
routes; elsewhere, or with --yes, it never asks. More than 4,096 routes take several calls; --atomic
allows only one call. The exit code is 1 if an entry failed.

Examples:
  routectl apply routes.toml --dry-run
  routectl apply routes.toml --dry-run --markdown > preview.md
  routectl apply - --atomic < routes.toml
  routectl apply office.toml --owner office --prune
  routectl --json apply routes.toml --dry-run
  routectl apply routes.toml --guard --hold -- ping 10.20.0.1";

pub(super) const IMPORT: &str = "\
FILE has routes or commands in a format of another program. routectl reads UTF-8, UTF-16 and, with
--encoding, code pages, and recognizes the format by all lines; --format chooses it:

  route-print          the tables of Windows' `route print`, in any language of Windows
  route-commands       route add 10.0.0.0 mask 255.0.0.0 192.0.2.1, netsh, in a batch file or not
  netsh-show           netsh interface ipv4 show route
  netsh-commands       add route 10.0.0.0/8 \"Ethernet 2\" 192.0.2.1, as `netsh -f` reads it
  get-netroute-table, get-netroute-list, get-netroute-csv, get-netroute-json
                       Get-NetRoute, | Format-List, | Export-Csv, | ConvertTo-Json
  new-netroute         New-NetRoute -DestinationPrefix 10.0.0.0/8 -InterfaceIndex 7
  ip-route, ip-json    ip route, ip -o route, ip -json route
  ip-batch             ip route add 10.0.0.0/8 via 192.0.2.1 dev eth0, as `ip -batch` reads it
  route-n              route -n and netstat -rn of Linux
  frr                  show ip route of FRRouting
  cidr-list            10.0.0.0/8; see --via and --dev
  mask-list            10.0.0.0 255.0.0.0; see --via and --dev
  allowed-ips          AllowedIPs of WireGuard; the interface is that of Address, or --dev
  openvpn              route 10.0.0.0 255.0.0.0, push \"route ...\"; see --via and --dev
  networkd, netplan    the routes of systemd-networkd and of netplan

Names of interfaces are resolved by --map, else as a local index or alias, or for `route print` as
the address of a local interface. A line without an interface uses --dev, else the interface whose
link has the next hop, also a link of an earlier line. Names of another system need --map.

A table changes only what it gives: other members of a route that exists stay. Of two rows for one
route, the one with the better metric counts. Commands run in order; those of a batch file as far as
the file itself decides jumps, conditions and variables.

routectl reads all lines first. If it cannot import a line, it reports every such line and changes
nothing; on a terminal it asks whether to leave them out, and --skip leaves them out, as it does with
changes that a dry run refuses. All changes are atomic; more than 4,096 take several calls, each atomic
by itself. Routes that a system
adds by itself, commands that do not run, and deletions of routes that do not exist are left out and
counted. For the preview and the confirmation see `routectl apply --help`.

Examples:
  ip route > routes; routectl import routes --map eth0=7 --dry-run
  route print | routectl import - --dry-run
  routectl import office.cmd --skip --skip-exit 1
  routectl import bypass.txt --via 192.0.2.254 --metric 5
  routectl import home.conf --dev wg0 --yes
  routectl import batch --format ip-batch --map eth0=7 --map wg0=9
  routectl import routes --guard --hold -- ping 10.20.0.1";

pub(super) const LEASES: &str = "\
A shared route has a line for each handle. PROCESS opened the handle. GUARD is the state of the
guard; DISPLACED is the route that the driver restores when the last lease ends. Leased settings of
interfaces follow, with the values that the driver puts back.

Examples:
  routectl leases
  routectl --json leases";

pub(super) const WATCH: &str = "\
Each line has the time, the event, the route and the processes that lease it. A line of an interface
says what differs from the last state that routectl has read: added, removed, connected, disconnected,
or a changed metric, use of default routes or MTU. With --json, each event is one JSON object on its
own line. `resync` means that events were lost: routectl reads the tables again and prints the changes
since then.

Examples:
  routectl watch
  routectl watch --table
  routectl --json watch --family 6 --inside 2001:db8::/32";

pub(super) const TOP: &str = "\
PROCESS leases the route; GUARD is the state of its guard. A leased route that is not in the table is
`absent`. `down` means that the interface has no link. On a narrow terminal, columns are left out. The events have the time in UTC.

Keys:
  q, Esc, Ctrl-C  quit
  /               find: routes with this text; Enter keeps it, Esc drops it
  l, g            leased routes only, guarded routes only; again for all
  4, 6            IPv4 only, IPv6 only; again for both
  a               all routes
  Up, Down, PgUp, PgDn, Home, End
                  scroll

Examples:
  routectl top
  routectl top --family 6";

pub(super) const STATISTICS: &str = "\
HANDLE counts the calls of this command, TOTAL all calls since the driver was loaded. The lines from
`leases left` on count what the driver lost; docs/admin/losses.md tells what to do.

Example:
  routectl --json statistics";

pub(super) const SELFTEST: &str = "\
Each case tries something that the driver promises. The routes are inside of prefixes for
documentation (203.0.113.0/24, 198.51.100.0/24 or 192.0.2.0/24, and a part of 2001:db8::/32) to which
no other route leads, on the loopback interface. They are leased, or valid for a minute, so that none
is left if routectl is killed; a case that leaves one fails. No other route is changed. The metric of
the interface keeps its value; whether it is automatic changes for a moment.

A case that cannot run on this computer is `skipped`, with the reason. The exit code is 0 if no case
failed, 7 if one did, and 1 if none could run.

Examples:
  routectl selftest
  routectl selftest --list
  routectl selftest guards/ lease-listed -4
  routectl selftest --interface Ethernet --wait 2m --junit selftest.xml
  routectl --json selftest";

pub(super) const VERSION: &str = "\
Example:
  routectl --json version";

pub(super) const COMPLETIONS: &str = "\
Examples:
  routectl completions bash > ~/.local/share/bash-completion/completions/routectl
  routectl completions powershell >> $PROFILE";

pub(super) const MAN: &str = "\
Example:
  routectl man ~/.local/share/man/man1";

#[cfg(windows)]
pub(super) const DEVICE_NODE: &str = "\
The driver has no hardware that Windows enumerates: as an administrator, add its package to the
driver store, then install the device.

Example:
  pnputil /add-driver driver.inf
  routectl device install
  routectl device status";
