//! Formats that are known and not imported, each with the way to convert it.

use super::score::Score;

/// A known format.
pub(super) struct Unsupported {
    pub(super) what: &'static str,
    pub(super) way: &'static str,
    pub(super) score: Score,
}

/// How to recognize a format: texts at the start of a line, and texts anywhere in a line.
struct Signs {
    what: &'static str,
    way: &'static str,
    starts: &'static [&'static str],
    parts: &'static [&'static str],
}

const FORMATS: &[Signs] = &[
    Signs {
        what: "a table of BIRD",
        way: "on that system, run `ip route > FILE` and import FILE, which has the routes that BIRD \
              gave to the kernel",
        starts: &["BIRD ", "Table master"],
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
        parts: &[],
    },
    Signs {
        what: "a table of BSD or macOS",
        way: "write its routes as `DESTINATION/LENGTH`, one a line, and give --via or --dev",
        starts: &["Internet:", "Internet6:"],
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
        parts: &["dst-address="],
    },
    Signs {
        what: "a table of Junos",
        way: "write its routes as `DESTINATION/LENGTH via GATEWAY`, one a line",
        starts: &["inet.0:", "inet6.0:", "set routing-options"],
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
        parts: &[],
    },
    Signs {
        what: "a file of the registry of Windows",
        way: "on that system, run `route print > FILE` and import FILE",
        starts: &["Windows Registry Editor", "[HKEY_", "REGEDIT4"],
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
        parts: &[],
    },
    Signs {
        what: "a page of HTML or XML",
        way: "take the file itself, as text",
        starts: &["<!DOCTYPE", "<!doctype", "<html", "<?xml"],
        parts: &[],
    },
];

/// The known format with the highest score.
pub(super) fn find(text: &str) -> Option<Unsupported> {
    let score = |signs: &Signs| {
        let line_score = |line: &str| {
            let line = line.trim_start();
            let starts = signs.starts.iter().any(|start| line.starts_with(start));
            let has_part = signs.parts.iter().any(|part| line.contains(part));
            if starts || has_part {
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
