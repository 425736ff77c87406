//! Files of the field: what each becomes, exactly.
//!
//! A case has options, the file, and what is expected. `UPDATE_CASES=1` writes what is expected.

use std::fs;
use std::path::PathBuf;

use super::*;

const SEPARATOR: &str = "--- expected\n";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// The interfaces of the computer of all cases: index, alias, IPv4 metric, own address, prefix.
const INTERFACES: &[(u32, &str, u32, &[&str])] = &[
    (
        1,
        "Loopback Pseudo-Interface 1",
        75,
        &["127.0.0.1/8", "::1/128"],
    ),
    (5, "Wi-Fi", 50, &["192.0.2.6/24", "2001:db8:1::6/64"]),
    (
        7,
        "Ethernet 2",
        25,
        &["198.51.100.10/24", "2001:db8:2::10/64"],
    ),
    (
        12,
        "OpenVPN \"TAP\" адаптер",
        5,
        &["10.8.0.6/30", "fd00:8::6/64"],
    ),
    (14, "Ethernet 3", 25, &["203.0.113.10/24"]),
    (20, "wg/home%1=a", 5, &["10.100.10.5/32"]),
    (46, "Clash Tunnel", 0, &[]),
];

/// The tables of the computer.
fn machine(map: &[(String, Interface)]) -> LocalTables {
    let (mut interfaces, mut routes) = (Vec::new(), Vec::new());
    let mut names = map.to_vec();
    for (index, alias, metric, addresses) in INTERFACES {
        for family in [AddressFamily::IPV4, AddressFamily::IPV6] {
            let row = MibIpInterfaceRow {
                family: family.0,
                interface_luid: u64::from(*index) << 24,
                interface_index: *index,
                metric: *metric,
                ..MibIpInterfaceRow::default()
            };
            interfaces.push(IpInterface::try_from(&row).unwrap());
        }
        let interface = Interface::Known {
            luid: u64::from(*index) << 24,
            index: *index,
        };
        names.push(((*alias).to_owned(), interface));
        for address in *addresses {
            let address: IpNet = address.parse().unwrap();
            for prefix in [address.trunc(), IpNet::from(address.addr())] {
                let route = Route::new(prefix, interface);
                routes.push(route.protocol(ipforward::RouteProtocol::LOCAL));
            }
        }
    }
    // A route of DHCP, which a restore must not rewrite.
    let default = Route::new(
        "0.0.0.0/0".parse::<IpNet>().unwrap(),
        Interface::Known {
            luid: 5 << 24,
            index: 5,
        },
    );
    let default = default
        .via([192, 0, 2, 254])
        .metric(0)
        .protocol(ipforward::RouteProtocol::DHCP);
    routes.push(default.lifetimes(
        ipforward::Lifetime::Seconds(3600),
        ipforward::Lifetime::Seconds(1800),
    ));
    LocalTables::new(&interfaces, &routes, &names)
}

/// The options of a case.
#[derive(Default)]
struct CaseOptions {
    places: PlaceOptions,
    map: Vec<(String, Interface)>,
    skips: bool,
    format: Option<ImportFormat>,
}

fn options(line: &str) -> CaseOptions {
    let mut options = CaseOptions::default();
    options.places.absent_ok = true;
    let mut words = line.split_whitespace();
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap();
        match word {
            "--via" => options.places.via.push(value().parse().unwrap()),
            "--dev" => options.places.dev = Some(value().parse().unwrap()),
            "--metric" => options.places.metric = Some(value().parse().unwrap()),
            "--format" => options.format = Some(ImportFormat::from_str(value(), true).unwrap()),
            "--map" => {
                let (name, local) = value().split_once('=').unwrap();
                options.map.push((name.to_owned(), local.parse().unwrap()));
            }
            "--skip" => options.skips = true,
            other => panic!("{other}"),
        }
    }
    options
}

/// What a file becomes: its routes, its notes and its errors.
fn outcome(options: &CaseOptions, text: &str) -> String {
    let path = Path::new("FILE");
    let parsed = match parse(path, text, options.format) {
        Ok(parsed) => parsed,
        Err(error) => return format!("error: {error}\n"),
    };
    let mut tables = machine(&options.map);
    let mut resolution = plan::resolved(path.into(), parsed, &mut tables, &options.places);
    if options.skips {
        resolution.leave_out(&[]);
    }
    let rejected: String = resolution.rejected().iter().map(rejected_text).collect();
    match resolution.into_entries() {
        Err(error) => format!("error: {error}\n{rejected}"),
        Ok((entries, notes)) => {
            let notes = notes.iter().map(|note| format!("note: {note}\n"));
            let entries = entries
                .iter()
                .map(|entry| format!("{}\n", text_of_entry(entry)));
            notes.chain(entries).collect()
        }
    }
}

#[test]
fn every_file_of_the_field_becomes_what_is_expected() {
    let mut failed = Vec::new();
    let mut cases: Vec<_> = fs::read_dir(folder("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    for path in &cases {
        let case = fs::read_to_string(path).unwrap();
        let (head, expected) = case.split_once(SEPARATOR).unwrap_or((&case, ""));
        let (first, body) = head.split_once('\n').unwrap();
        let words = first.strip_prefix("options").unwrap();
        let text = match body.trim().strip_prefix("file ") {
            Some(name) => fs::read_to_string(folder("field").join(name)).unwrap(),
            None => body.strip_prefix("--- file\n").unwrap_or(body).to_owned(),
        };
        let found = outcome(&options(words), &text);
        if found != expected {
            if std::env::var_os("UPDATE_CASES").is_some() {
                fs::write(path, format!("{head}{SEPARATOR}{found}")).unwrap();
            }
            failed.push(format!("{}:\n{found}", path.file_name().unwrap().display()));
        }
    }
    assert!(cases.len() >= 60, "{} cases", cases.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
