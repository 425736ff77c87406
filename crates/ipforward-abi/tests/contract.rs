//! The contract changes only with its version: `contract.txt` holds every fact that callers depend
//! on.

use std::env;
use std::path::Path;

use contract_reader::Contract;
use contract_reader::snapshot::{SnapshotChange, compare, render};
use fs_err as fs;

const COMMAND: &str = "UPDATE_CONTRACT=1 cargo test -p ipforward-abi --test contract";

#[test]
fn the_contract_changes_only_with_its_version() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = package.join("contract.txt");
    let now = render(&Contract::read(&package.join("../..")).unwrap());
    let update = env::var_os("UPDATE_CONTRACT").is_some();
    if update && !path.exists() {
        fs::write(&path, &now).unwrap();
    }
    match compare(&fs::read_to_string(&path).unwrap(), &now) {
        SnapshotChange::Same => {}
        SnapshotChange::Raised if update => fs::write(&path, &now).unwrap(),
        SnapshotChange::Raised => {
            panic!("contract.txt is of an older version of the contract. Write it again: {COMMAND}")
        }
        SnapshotChange::Broken { gone, new } => panic!(
            "The contract changed, but its version did not rise. Callers that were built before \
             would not notice.\n{}{}Raise ABI_VERSION in src/version.rs, then: {COMMAND}",
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
