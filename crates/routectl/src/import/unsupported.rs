//! Formats that are known and not imported, each with the way to convert it.

use super::score::Score;

/// A known format.
pub(super) struct Unsupported {
    pub(super) what: &'static str,
    pub(super) way: &'static str,
    pub(super) score: Score,
}

/// How to recognize a format: texts at the start of a line, with blanks before it or not, and texts
/// anywhere in a line.
struct Signs {
    what: &'static str,
    way: &'static str,
    starts: &'static [&'static str],
    /// Starts of lines that no other format has: one decides.
    certain: &'static [&'static str],
    parts: &'static [&'static str],
}

const FORMATS: &[Signs] = &[
    Signs {
        what: "a table of BIRD",
        way: "on that system, run `ip route > FILE` and import FILE, which has the routes that BIRD \
              gave to the kernel",
        starts: &["BIRD ", "Table master"],
        certain: &["BIRD ", "Table master"],
        parts: &[
            "unicast [",
            "blackhole [",
            "unreachable [",
            "prohibit [",
            ") * (",
            "] * (",
            "] (100)",
        ],
    },
    Signs {
        what: "a file of routectl",
        way: "use `routectl apply FILE`",
        starts: &["[[route]]"],
        certain: &[],
        parts: &["\"interface_luid\":"],
    },
    Signs {
        what: "a table of BSD or macOS",
        way: "write its routes as `DESTINATION/LENGTH`, one a line, and give --via or --dev",
        starts: &["Internet:", "Internet6:"],
        certain: &[],
        parts: &["Netif Expire", "Refs      Use   Mtu"],
    },
    Signs {
        what: "a configuration of Cisco IOS",
        way: "write `ip route ADDRESS MASK GATEWAY` as `route add ADDRESS mask MASK GATEWAY`",
        starts: &[
            "ip route 0",
            "ip route 1",
            "ip route 2",
            "ipv6 route ",
            "Building configuration",
            "hostname ",
            "router ",
        ],
        certain: &["Building configuration"],
        parts: &[],
    },
    Signs {
        what: "a configuration of MikroTik RouterOS",
        way: "write its routes as `DESTINATION/LENGTH via GATEWAY`, one a line",
        starts: &[
            "/ip route",
            "/ipv6 route",
            "add dst-address=",
            "add disabled=",
        ],
        certain: &["/ip route", "/ipv6 route", "/ip firewall address-list"],
        parts: &["dst-address="],
    },
    Signs {
        what: "a table of Junos",
        way: "write its routes as `DESTINATION/LENGTH via GATEWAY`, one a line",
        starts: &["inet.0:", "inet6.0:", "set routing-options"],
        certain: &[],
        parts: &["*[Static/", "*[Direct/", "*[OSPF/", "*[BGP/", "*[Local/"],
    },
    Signs {
        what: "a configuration of NetworkManager",
        way: "on that system, run `ip route > FILE` and import FILE",
        starts: &[
            "[ipv4]",
            "[ipv6]",
            "[connection]",
            "route1=",
            "ipv4.routes:",
            "IP4.ROUTE[",
        ],
        certain: &[],
        parts: &[],
    },
    Signs {
        what: "a configuration of BIRD",
        way: "on that system, run `ip route > FILE` and import FILE",
        starts: &["ipv4;", "ipv6;", "import all;", "export all;"],
        certain: &[
            "protocol static",
            "protocol kernel",
            "protocol device",
            "protocol direct",
        ],
        parts: &[],
    },
    Signs {
        what: "a table of Cisco IOS",
        way: "write its routes as `route add ADDRESS mask MASK GATEWAY`",
        starts: &[],
        certain: &["Gateway of last resort is "],
        parts: &[" is variably subnetted, ", " is subnetted, "],
    },
    Signs {
        what: "a table of FRRouting in JSON",
        way: "run `show ip route` without `json`",
        starts: &["\"internalStatus\":", "\"vrfName\":"],
        certain: &[],
        parts: &[],
    },
    Signs {
        what: "a configuration of VyOS",
        way: "write its routes as `DESTINATION/LENGTH via GATEWAY`, one a line",
        starts: &[],
        certain: &["set protocols static route"],
        parts: &[],
    },
    Signs {
        what: "a configuration of keepalived",
        way: "on that system, run `ip route > FILE` and import FILE",
        starts: &["virtual_ipaddress"],
        certain: &["vrrp_instance ", "virtual_routes", "static_routes {"],
        parts: &[],
    },
    Signs {
        what: "a configuration of strongSwan",
        way: "write its remote networks as `DESTINATION/LENGTH`, one a line, and give --via or --dev",
        starts: &["remote_ts", "local_ts", "rightsubnet=", "leftsubnet="],
        certain: &["config setup"],
        parts: &[],
    },
    Signs {
        what: "a configuration of OpenWrt",
        way: "on that system, run `ip route > FILE` and import FILE",
        starts: &["option target ", "option netmask ", "option gateway "],
        certain: &["config route"],
        parts: &[],
    },
    Signs {
        what: "a state of nmstate",
        way: "on that system, run `ip route > FILE` and import FILE",
        starts: &["next-hop-address:", "next-hop-interface:"],
        certain: &[],
        parts: &["- destination: "],
    },
    Signs {
        what: "a list of `ipset save`",
        way: "write its members as `DESTINATION/LENGTH`, one a line, and give --via or --dev",
        starts: &[],
        certain: &[],
        parts: &[" hash:net ", " hash:ip "],
    },
    Signs {
        what: "a configuration of a BSD",
        way: "on that system, run `netstat -rn`; write its routes as `DESTINATION/LENGTH via GATEWAY`",
        starts: &["route_"],
        certain: &["static_routes=", "defaultrouter="],
        parts: &[],
    },
    Signs {
        what: "a file of the registry of Windows",
        way: "on that system, run `route print > FILE` and import FILE",
        starts: &["Windows Registry Editor", "[HKEY_", "REGEDIT4"],
        certain: &["Windows Registry Editor", "REGEDIT4"],
        parts: &[],
    },
    Signs {
        what: "a configuration of ifupdown or of network scripts",
        way: "on that system, run `ip route > FILE` and import FILE",
        starts: &[
            "ADDRESS0=",
            "NETMASK0=",
            "GATEWAY0=",
            "iface ",
            "auto ",
            "up route ",
            "up ip route ",
            "post-up ",
        ],
        certain: &[],
        parts: &[],
    },
    Signs {
        what: "a file of `Export-Clixml`",
        way: "in PowerShell, run `Import-Clixml FILE | Export-Csv ROUTES` and import ROUTES",
        starts: &["<Objs "],
        certain: &["<Objs "],
        parts: &["<S N=\"DestinationPrefix\">"],
    },
    Signs {
        what: "a page of HTML or XML",
        way: "take the file itself, as text",
        starts: &["<!DOCTYPE", "<!doctype", "<html", "<?xml"],
        certain: &["<!DOCTYPE", "<!doctype", "<html", "<?xml"],
        parts: &[],
    },
];

/// The known format with the highest score.
pub(super) fn find(text: &str) -> Option<Unsupported> {
    let score = |signs: &Signs| {
        let line_score = |line: &str| {
            let line = line.trim_start();
            let begins = |start: &&str| line.starts_with(start);
            let has_part = signs.parts.iter().any(|part| line.contains(part));
            if signs.certain.iter().any(&begins) {
                Score::CERTAIN.0
            } else if signs.starts.iter().any(begins) || has_part {
                Score::SURE.0 + 1
            } else {
                0
            }
        };
        Score(text.lines().map(line_score).sum())
    };
    FORMATS
        .iter()
        .map(|signs| Unsupported {
            what: signs.what,
            way: signs.way,
            score: score(signs),
        })
        .filter(|found| found.score > Score::NONE)
        .max_by_key(|found| found.score)
}
