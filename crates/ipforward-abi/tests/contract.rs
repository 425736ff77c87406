//! A released version of the contract does not change: `contract.txt` holds every fact that callers
//! depend on.

use std::env;
use std::path::Path;

use contract_reader::Contract;
use contract_reader::snapshot::{SnapshotChange, compare, released, render};
use fs_err as fs;

const COMMAND: &str = "UPDATE_CONTRACT=1 cargo test -p ipforward-abi --test contract";

#[test]
fn a_released_version_of_the_contract_does_not_change() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = package.join("contract.txt");
    let stored = fs::read_to_string(&path).unwrap();
    let released = released(&stored).expect("the second line tells the last released version");
    let now = render(&Contract::read(&package.join("../..")).unwrap(), released);
    match compare(&stored, &now) {
        SnapshotChange::Same => {}
        SnapshotChange::Unreleased if env::var_os("UPDATE_CONTRACT").is_some() => {
            fs::write(&path, &now).unwrap();
        }
        SnapshotChange::Unreleased => {
            panic!("contract.txt is older than the contract. Write it again: {COMMAND}")
        }
        SnapshotChange::Broken { gone, new } => panic!(
            "The contract changed, but version {released} is released. Callers that were built \
             with it would not notice.\n{}{}Raise ABI_VERSION in src/version.rs, then: {COMMAND}",
            listed("gone", &gone),
            listed("new", &new)
        ),
    }
}

fn listed(what: &str, lines: &[String]) -> String {
    let start = format!("  {what}: ");
    lines
        .iter()
        .fold(String::new(), |text, line| text + &start + line + "\n")
}
