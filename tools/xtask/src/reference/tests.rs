//! The checked-in files are those of the contract.

use abi::operation::OPERATIONS;
use abi::status::STATUSES;

use super::*;

fn checked_in(path: &str) -> String {
    // Git may check texts out with the line ends of the system.
    let text = fs::read_to_string(workspace::root().unwrap().join(path)).unwrap();
    text.replace("\r\n", "\n")
}

fn contract() -> Contract {
    Contract::read(&workspace::root().unwrap()).unwrap()
}

#[test]
fn the_checked_in_files_are_fresh() {
    for (path, text) in generate(&workspace::root().unwrap()).unwrap() {
        assert!(
            checked_in(&path) == text,
            "{path} is stale: run `cargo xtask header`"
        );
    }
}

#[test]
fn the_header_has_every_code_with_its_number() {
    let header = checked_in("include/ipforward.h");
    for row in OPERATIONS {
        let line = header
            .lines()
            .find(|line| line.contains(&format!("#define IOCTL_IPFORWARD_{} ", row.name)))
            .unwrap_or_else(|| panic!("{} is missing", row.name));
        assert!(line.contains(&format!("0x{:08X}", row.code.0)), "{line}");
    }
}

#[test]
fn no_name_of_rust_reaches_a_reader_of_c() {
    for (path, render) in PAGES {
        let text = render(&contract());
        for sign in [
            "::",
            "](crate",
            "MibIp",
            "SockaddrInet",
            "TableHeader",
            "AddressFamily",
            "interface_luid",
            "next_cursor",
        ] {
            assert!(!text.contains(sign), "{path}: {sign}");
        }
    }
}

#[test]
fn the_error_page_explains_every_status_and_every_cause() {
    let page = checked_in("docs/user/errors.md");
    for names in STATUSES {
        let number = format!("0x{:08X}", names.status.bits());
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` ", names.name)))
            .unwrap_or_else(|| panic!("docs/user/errors.md says nothing of {}", names.name));
        assert!(row.contains(&number), "{number} is missing: {row}");
        let twin = format!("{} `{}`", names.win32, names.win32_name);
        assert!(row.contains(&twin), "{twin} is missing: {row}");
    }
    for cause in contract().causes {
        let row = format!("| {} `{}` ", cause.value, cause.name);
        assert!(
            page.contains(&row),
            "docs/user/errors.md says nothing of{row}"
        );
    }
}

/// Whether the operations column of the error page names an operation.
fn covers(operations: &str, row: &Description) -> bool {
    const ON_THE_STACK: [&str; 9] = [
        "CREATE_ROUTE",
        "SET_ROUTE",
        "DELETE_ROUTE",
        "GET_ROUTE",
        "GET_TABLE",
        "GET_BEST_ROUTE",
        "GET_INTERFACE",
        "GET_INTERFACE_TABLE",
        "SET_INTERFACE",
    ];
    operations.split("; ").any(|part| {
        part.starts_with("any")
            || part.contains(&format!("`{}`", row.name))
            || part == "all on routes, tables and interfaces" && ON_THE_STACK.contains(&row.name)
    })
}

#[test]
fn the_error_page_names_the_operations_of_each_status() {
    let page = checked_in("docs/user/errors.md");
    for row in OPERATIONS {
        for (status, _) in answers::of(row.operation) {
            let name = format!(
                "| `{}` ",
                status.names().expect("a status with a name").name
            );
            let line = page.lines().find(|line| line.starts_with(&name));
            let operations = line.and_then(|line| line.split(" | ").nth(3));
            assert!(
                operations.is_some_and(|operations| covers(operations, row)),
                "docs/user/errors.md does not say that {} answers {status}: {line:?}",
                row.name
            );
        }
    }
}

#[test]
fn the_kit_compares_every_status_of_the_contract() {
    let values = checked_in("kit/tests/values.c");
    for names in abi::status::STATUSES {
        let line = format!("STATUS({}, 0x{:08X});", names.name, names.status.bits());
        assert!(values.contains(&line), "{line} is not in tests/values.c");
    }
}
