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
  routectl hold 10.20.0.0/16 via 192.0.2.254 dev 7 guard -- ping 10.20.0.1
  routectl apply routes.toml --atomic
  routectl import routes.txt --map eth0=7 --dry-run
  routectl leases
  routectl watch --family 4";

pub(super) const DEVICE: &str = "\
The device, or the socket of its host [default: $IPFORWARD_DEVICE, else the system's own]";

const PREFIX_WORD: &str = "\
PREFIX     10.20.0.0/16, 2001:db8::/32, an address alone for a host route, or default";

const KEY_WORDS: &str = "\
via        the next hop's address; without it the route is on-link
dev        the interface: its index (7), its alias (Ethernet) or its LUID
           (luid:0x0006008001000000)";

/// All that a route is made of beside its keys.
const MEMBER_WORDS: &str = "\
metric     offset to the metric of the interface
protocol   who made it: a name (NetMgmt, Ospf, Static) or a number
valid      how many seconds it stays, or forever
preferred  for how many of them it is preferred, or forever
site       bits of the prefix that name the site
immortal   yes or no: whether it does not end
publish    yes or no: whether it is advertised
loopback, autoconfigure
           yes or no";

/// What they are if nothing else is said.
const DEFAULTS: &str = "\
Not said, they are: metric 256, protocol NetMgmt, valid forever, preferred as valid, site 0, and yes
for the rest; with a finite lifetime, immortal is no.";

pub(super) fn add() -> String {
    format!(
        "{PREFIX_WORD}
{KEY_WORDS}
{MEMBER_WORDS}

{DEFAULTS}

Examples:
  routectl route add 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5
  routectl route add default via 2001:db8::1 dev luid:0x0006008001000000
  routectl route add default dev 7 --family 6
  routectl route add 2001:db8:20::/48 dev 7 valid 3600 preferred 1800 publish no"
    )
}

pub(super) fn set() -> String {
    format!(
        "{PREFIX_WORD}
{KEY_WORDS}
{MEMBER_WORDS}

Prefix, next hop and interface say which route; of the rest, what is not said stays as it is.

Examples:
  routectl route set 10.20.0.0/16 via 192.0.2.254 dev 7 metric 20
  routectl route set 10.20.0.0/16 via 192.0.2.254 dev 7 protocol Static publish no
  routectl route set 2001:db8:20::/48 dev 7 valid forever preferred forever"
    )
}

pub(super) fn delete() -> String {
    format!(
        "{PREFIX_WORD}
{KEY_WORDS}

Example:
  routectl route delete 10.20.0.0/16 via 192.0.2.254 dev 7"
    )
}

pub(super) fn get() -> String {
    format!(
        "With a PREFIX, the route with exactly these keys. With an ADDRESS, the route that a packet
to it would take, its source address, and the reason.

PREFIX     10.20.0.0/16, 192.0.2.77/32, 2001:db8::/32, or default
ADDRESS    10.20.1.1, 2001:db8:20::1
{KEY_WORDS}
from       the source address that the packet must have

Examples:
  routectl route get 10.20.0.0/16 via 192.0.2.254 dev 7
  routectl route get 10.20.1.1
  routectl route get 2001:db8:20::1 from 2001:db8::10 dev 7"
    )
}

pub(super) const SHOW: &str = "\
METRIC is the route's own, TOTAL the complete one, with that of the interface added: of two routes
to the same prefix, the one with the lower TOTAL wins. A `?` says that the interface's is not known.

Filters can be combined; a route is shown if it passes them all. --longer and --shorter together
with the same PREFIX leave the routes to exactly that PREFIX.

Examples:
  routectl route show --family 4 --dev 7
  routectl route show --contains 10.20.1.1
  routectl route show --longer 10.0.0.0/8 --protocol NetMgmt";

pub(super) fn explain() -> String {
    format!(
        "{PREFIX_WORD}
{KEY_WORDS}
{MEMBER_WORDS}

{DEFAULTS}

Nothing is created. The exit code is 0 if nothing is wrong, and 1 if something is. To see what the
driver says of a row that names no family, the prefix and the next hop can be `unspecified`; the
interface can be 0, and a prefix too long.

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
METRIC is added to that of each route of the family on the interface. AUTOMATIC says whether the
system sets it. Routes of an interface that is not CONNECTED are in the table and not used.

Examples:
  routectl interface show
  routectl --json interface show --family 6";

pub(super) fn hold() -> String {
    format!(
        "{PREFIX_WORD}
{KEY_WORDS}
{MEMBER_WORDS}
share      other programs may hold the same route, if they say so too
guard      put the route back if somebody else removes or changes it

{DEFAULTS}

The route is there before COMMAND starts, and goes when COMMAND or routectl ends, however that
happens. A route that was there before is put back. The exit code is that of COMMAND.

Ctrl-C interrupts COMMAND, and the route stays until it has cleaned up and ended. SIGTERM is passed
on to COMMAND.

Examples:
  routectl hold 10.20.0.0/16 via 192.0.2.254 dev 7 -- ping 10.20.0.1
  routectl hold default via 192.0.2.254 dev 7 metric 5 guard -- openvpn client.conf"
    )
}

pub(super) const APPLY: &str = "\
FILE has a table for each route:

  [[route]]
  prefix = \"10.20.0.0/16\"
  via = \"192.0.2.254\"   # without it the route is on-link
  dev = 7                 # or \"Ethernet\", or \"luid:0x0006008001000000\"
  metric = 5              # 256 if not said
  lease = true            # the route goes when COMMAND ends; needs --hold
  guard = true            # it is put back if somebody else changes it; means lease

Beside metric there are protocol, valid, preferred, site, immortal, publish, loopback and
autoconfigure, as in `routectl route add --help`.

A route that is there already is changed. What would change is shown first, as the driver foresees
it: + added, ~ changed, - removed, ! refused. On a terminal, routectl asks before it changes or
removes routes that are there; elsewhere, or with --yes, it never asks. More than 4,096 routes go in
several calls; --atomic takes no more than that. The exit code is 1 if an entry failed.

Examples:
  routectl apply routes.toml --dry-run
  routectl apply - --atomic < routes.toml
  routectl --json apply routes.toml --dry-run
  routectl apply routes.toml --guard --hold -- ping 10.20.0.1";

pub(super) const IMPORT: &str = "\
FILE has commands or what a command has printed; which, routectl sees by itself:

  ip-batch        route add 10.0.0.0/8 via 192.0.2.1 dev eth0 metric 5
  ip-route        10.0.0.0/8 via 192.0.2.1 dev eth0 proto static metric 5
  route-commands  route add 10.0.0.0 mask 255.0.0.0 192.0.2.1 metric 5 if 7
  route-print     the tables of Windows' `route print`, in any language of Windows

A name of an interface is looked up: --map says what it means; else it is an index of this machine,
an alias, or for `route print` the address of an interface. A command without an
interface means the one that its next hop is on. Names of another machine need --map.

All lines are read first. If one of them cannot be taken, every such line is named, and nothing is
done. Else the changes are made wholly or not at all; more than 4,096 go in several calls, each of
which is done wholly or not at all. Routes that a system makes by itself are left out, and said so.
For the rest see `routectl apply --help`.

Examples:
  ip route > routes; routectl import routes --map eth0=7 --dry-run
  ip -6 route | routectl import - --map eth0=7
  routectl import batch --format ip-batch --map eth0=7 --map wg0=9
  route print | routectl import - --dry-run
  routectl import routes --guard --hold -- ping 10.20.0.1";

pub(super) const LEASES: &str = "\
A route that several handles share has a line for each. PROCESS opened the handle. GUARD says what
puts the route back is doing; DISPLACED, which route comes back when the last lease ends.

Examples:
  routectl leases
  routectl --json leases";

pub(super) const WATCH: &str = "\
With --json, each event is one JSON object on a line of its own. `resync` says that events were
lost: `routectl route show` shows what became of the table.

Examples:
  routectl watch
  routectl --json watch --family 6 --inside 2001:db8::/32";

pub(super) const STATISTICS: &str = "\
HANDLE counts what this very command did, TOTAL what all did since the driver was loaded.

Example:
  routectl --json statistics";

pub(super) const VERSION: &str = "\
Example:
  routectl --json version";

pub(super) const COMPLETIONS: &str = "\
Examples:
  routectl completions bash > ~/.local/share/bash-completion/completions/routectl
  routectl completions powershell >> $PROFILE";

#[cfg(windows)]
pub(super) const DEVICE_NODE: &str = "\
The driver has no hardware that Windows would find: as an administrator, add its package to the
driver store, then make the device.

Example:
  pnputil /add-driver driver.inf
  routectl device install
  routectl device status";
