//! Each public type has one path: `ipforward::Type`, or `ipforward::asynchronous::Type`.

use std::collections::BTreeSet;

const ROOT: &str = include_str!("../src/lib.rs");
const ASYNCHRONOUS: &str = include_str!("../src/asynchronous/mod.rs");

/// The statements of a module without the comments.
fn statements(source: &str) -> Vec<String> {
    let code = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join(" ");
    code.split(';')
        .map(|statement| statement.trim().to_owned())
        .collect()
}

/// The names that a module exports with `pub use`.
fn exported(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for statement in statements(source) {
        let Some((_, path)) = statement.split_once("pub use ") else {
            continue;
        };
        let list = match path.split_once('{') {
            Some((_, list)) => list.trim_end_matches('}'),
            None => path.rsplit("::").next().unwrap_or(path),
        };
        let list = list
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        names.extend(list.map(str::to_owned));
    }
    names
}

#[test]
fn each_exported_name_has_one_path() {
    let names = [exported(ROOT), exported(ASYNCHRONOUS)].concat();
    for expected in ["Device", "Route", "Error", "WatchStream", "abi", "IpNet"] {
        assert!(names.iter().any(|name| name == expected), "{expected}");
    }
    let once: BTreeSet<_> = names.iter().collect();
    assert_eq!(once.len(), names.len(), "{names:?}");
    assert!(
        names.iter().all(|name| !name.contains(['*', ' '])),
        "{names:?}"
    );
}

#[test]
fn no_other_module_is_public() {
    let public: Vec<_> = statements(ROOT)
        .into_iter()
        .filter(|statement| statement.contains("pub mod "))
        .collect();
    assert_eq!(public.len(), 1, "{public:?}");
    assert!(public[0].ends_with("pub mod asynchronous"), "{public:?}");
    assert!(!ASYNCHRONOUS.contains("pub mod "));
}

/// A program writes these lines as they are: each type is found by its one path, and a text becomes
/// a prefix, an interface or a route with `parse`.
#[test]
fn texts_are_parsed_as_written() -> Result<(), Box<dyn std::error::Error>> {
    use ipforward::{
        Interface, IpNet, Lifetime, NextHop, Route, RouteKey, RouteProtocol, RouteSet, WatchFilter,
    };

    let route =
        Route::new("10.0.0.0/8".parse()?, "7".parse()?).via("192.0.2.254".parse::<NextHop>()?);
    assert_eq!(route, "10.0.0.0/8 via 192.0.2.254 dev 7".parse()?);
    assert_eq!(
        RouteKey::new("10.0.0.0/8".parse()?, Interface::Index(7)).via([192, 0, 2, 254]),
        route.key()
    );
    let protocol: RouteProtocol = "NetMgmt".parse()?;
    let valid: Lifetime = "60".parse()?;
    let set: RouteSet = [route.protocol(protocol).valid_for(valid)]
        .into_iter()
        .collect();
    assert_eq!(set.entries().len(), 1);
    let _filter = WatchFilter::new().inside("10.0.0.0/8".parse::<IpNet>()?);
    let _filter = WatchFilter::new().inside("10.0.0.0/8".parse()?);
    Ok(())
}
