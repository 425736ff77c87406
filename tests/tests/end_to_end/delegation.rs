//! `docs/admin/delegation.md`: each descriptor of the page admits the tokens that its table says.

use std::fs;
use std::path::Path;

use abi::NtStatus;
use abi::device::{INTERFACE_CLASS, SDDL, USER_PATH};
use tests::{Host, start_host_for};

/// The page's columns and their tokens: Everyone, Authenticated Users, and what is their own.
const TOKENS: [(&str, &[&str]); 4] = [
    (
        "administrator",
        &["S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-32-544"],
    ),
    (
        "operator",
        &[
            "S-1-1-0",
            "S-1-5-11",
            "S-1-5-4",
            "S-1-5-32-545",
            "S-1-5-32-556",
        ],
    ),
    (
        "service",
        &[
            "S-1-1-0",
            "S-1-5-11",
            "S-1-5-6",
            "S-1-5-19",
            "S-1-5-32-545",
            "S-1-5-80-298831147-2664026253-873367580-2649546070-153569004",
        ],
    ),
    ("user", &["S-1-1-0", "S-1-5-11", "S-1-5-4", "S-1-5-32-545"]),
];

/// A row of the table: the descriptor, and the access of each token.
struct Row {
    sddl: String,
    access: Vec<String>,
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_matches('|');
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The table of the page.
fn rows() -> Vec<Row> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/admin/delegation.md");
    let page = fs::read_to_string(page).unwrap();
    let mut lines = page
        .lines()
        .skip_while(|line| !line.starts_with("| descriptor "));
    let names = TOKENS.map(|(name, _)| name);
    assert_eq!(cells(lines.next().unwrap())[1..], names);
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells = cells(line);
        Row {
            sddl: cells[0].trim_matches('`').to_owned(),
            access: cells[1..].to_vec(),
        }
    })
    .collect()
}

/// The access that a token gets, in the words of the page.
fn access(host: &Host, token: &[&str]) -> String {
    let mut process = host.connect();
    process.set_token(token);
    let path = process.interfaces(&INTERFACE_CLASS).remove(0);
    let mut granted = Vec::new();
    for (bits, name) in [(1, "read"), (2, "write")] {
        let outcome = [path.as_str(), USER_PATH].map(|device| {
            let opened = process.open_for(device, bits);
            opened.map(|handle| assert_eq!(process.close(handle), NtStatus::SUCCESS))
        });
        assert_eq!(outcome[0], outcome[1], "the interface and the link differ");
        match outcome[0] {
            Ok(()) => granted.push(name),
            Err(status) => assert_eq!(status, NtStatus::ACCESS_DENIED),
        }
    }
    if granted.is_empty() {
        return "–".to_owned();
    }
    granted.join(", ")
}

#[test]
fn each_descriptor_of_the_page_admits_whom_it_says() {
    let rows = rows();
    assert_eq!(rows[0].sddl, SDDL);
    for row in rows {
        let host = start_host_for(&row.sddl, &[]);
        for ((name, token), said) in TOKENS.iter().zip(&row.access) {
            assert_eq!(access(&host, token), *said, "{name}: {}", row.sddl);
        }
        host.stop_clean();
    }
}
