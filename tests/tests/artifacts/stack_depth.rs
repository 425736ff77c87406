//! How much of the kernel stack the driver takes where it calls another module.

use stack_depth::{Boundary, deepest_paths};
use tests::driver_image;

/// A kernel stack has 24 KiB, which the driver shares with what calls it and what it calls.
const LIMIT: u32 = 6 * 1024;

/// Parts of the names of functions that only other modules call, with the reason.
const CALLBACKS: &[(&str, &str)] = &[
    (
        "driver::wdf::",
        "callbacks of the framework, which `src/wdf/` passes to it",
    ),
    ("driver::netio::notify::", "callbacks of the network stack"),
    (
        "StubDriverUnload",
        "the unload routine of the entry stub, which the kernel calls",
    ),
    ("StubMiniportUnload", "the same for a miniport"),
];

#[test]
fn the_driver_leaves_most_of_the_stack_to_what_it_calls() {
    let callbacks: Vec<&str> = CALLBACKS.iter().map(|(name, _)| *name).collect();
    let paths = deepest_paths(&driver_image(), &callbacks).unwrap();
    for import in [
        "NETIO.SYS!CreateIpForwardEntry2",
        "NETIO.SYS!GetIpForwardEntry2",
    ] {
        let import = Boundary::Import(import.to_owned());
        let found = paths.iter().any(|path| path.boundary == import);
        assert!(found, "no path leads to {import}");
    }
    // A bugcheck does not return.
    let returns = |boundary: &Boundary| !matches!(boundary, Boundary::Import(name) if name.ends_with("!KeBugCheckEx"));
    let mut paths = paths.iter().filter(|path| returns(&path.boundary));
    let worst = paths.next().expect("the driver calls other modules");
    println!("{worst}");
    for path in paths {
        println!("{:6}  {}", path.depth, path.boundary);
    }
    assert!(worst.depth <= LIMIT, "the limit is {LIMIT} bytes: {worst}");
}
