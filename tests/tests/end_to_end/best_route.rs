//! `route get ADDRESS`, and what the host's verifier says of its queries.

use tests::{routectl, start_host};

#[test]
fn get_names_an_interface_in_every_query() {
    let host = start_host();
    let words = ["route", "get", "192.0.2.77"];
    let output = routectl(&host.socket(), words).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let ended = host.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let warns = ended.stderr.contains("searched all interfaces");
    assert!(!warns, "{}", ended.stderr);
}
