//! Files of other programs, through routectl and the image.

use std::path::Path;
use std::process::{Command, Output};

use ipforward::Device;
use tests::{Host, routectl, start_host, table};

const BATCH: &str = "\
# Two routes, one of them by way of the interface that its next hop is on.
route add 10.20.0.0/16 via 192.0.2.254 dev eth0 metric 5
-6 route replace 2001:db8:20::/48 via 2001:db8::1 metric 9
route del 10.21.0.0/16
";

/// What Windows prints for the interfaces of the host.
const PRINTED: &str = "\
===========================================================================
Active Routes:
Network Destination        Netmask          Gateway       Interface  Metric
        10.20.0.0      255.255.0.0      192.0.2.254       192.0.2.10     30
        192.0.2.0    255.255.255.0         On-link        192.0.2.10    281
       192.0.2.10  255.255.255.255         On-link        192.0.2.10    281
        224.0.0.0        240.0.0.0         On-link        192.0.2.10    281
===========================================================================
Persistent Routes:
  None
";

fn run(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, .. } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

fn import(host: &Host, file: &Path, options: &[&str]) -> (Option<i32>, String) {
    let file = file.to_str().unwrap();
    let words = [&["import", file], options].concat();
    run(&mut routectl(&host.socket(), words))
}

#[test]
fn an_imported_file_matches_its_dry_run_and_is_then_equal() {
    let host = start_host();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch");
    std::fs::write(&file, BATCH).unwrap();
    let add = "route add 10.21.0.0/16 via 192.0.2.254 dev 7";
    let added = run(&mut routectl(&host.socket(), add.split(' ')));
    assert_eq!(added.0, Some(0), "{}", added.1);
    let device = Device::open(host.socket()).unwrap();
    let before = table(&device);

    let expected = "\
+ 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5
+ 2001:db8:20::/48 via 2001:db8::1 dev 7 metric 9
- 10.21.0.0/16 via 192.0.2.254 dev 7 metric 256
";
    let (code, seen) = import(&host, &file, &["--map", "eth0=7", "--dry-run"]);
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.starts_with(expected), "{seen}");
    assert_eq!(table(&device), before);

    let (code, seen) = import(&host, &file, &["--map", "eth0=7"]);
    assert_eq!(code, Some(0), "{seen}");
    let done = "done: 2 added, 0 changed, 1 removed, 0 equal\n";
    assert!(seen.ends_with(done), "{seen}");
    assert_eq!(table(&device).len(), before.len() + 1);

    // The same route, as Windows would print it with the metric of the interface.
    std::fs::write(&file, PRINTED).unwrap();
    let (code, seen) = import(&host, &file, &["--dry-run"]);
    assert_eq!(code, Some(0), "{seen}");
    let equal = "would succeed: 0 added, 0 changed, 0 removed, 1 equal\n";
    assert!(seen.ends_with(equal), "{seen}");
    drop(device);
    host.stop_clean();
}

#[test]
fn an_import_that_the_driver_refuses_is_rolled_back() {
    let host = start_host();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch");
    // The interface does not carry IPv6, which only the stack says.
    let refused = "-6 route add 2001:db8:30::/48 dev 9\n";
    std::fs::write(&file, format!("{BATCH}{refused}").replace("route del", "#")).unwrap();
    let device = Device::open(host.socket()).unwrap();
    let before = table(&device);
    let (code, seen) = import(&host, &file, &["--map", "eth0=7"]);
    assert_eq!(code, Some(1), "{seen}");
    assert!(
        seen.ends_with("rolled back: no route was changed\n"),
        "{seen}"
    );
    assert_eq!(table(&device), before);
    drop(device);
    host.stop_clean();
}
