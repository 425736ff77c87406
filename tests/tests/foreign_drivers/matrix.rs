//! Each kind of driver in each framework: does it load, work and unload without a trace?

use std::fmt::Write as _;
use std::io::{Write as _, stdout};

use abi::Operation;
use tests::{Driver, Process, driver_under_test, framework_image, test_driver};

use crate::echo::ECHO;
use crate::framework_library::{CLIENT, REPORT_SIZE, client_of_the_library};

/// A driver, and a use of its device.
struct Row {
    kind: &'static str,
    framework: &'static str,
    driver: Driver,
    device: &'static str,
    /// A call that succeeds if the driver works.
    works: fn(&mut Process, u64) -> bool,
}

/// What became of a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    works: bool,
    unloads_clean: bool,
}

fn rows() -> Vec<Row> {
    let framework = match framework_image() {
        Some(_) => "library image",
        None => "our KMDF",
    };
    let writes = |process: &mut Process, handle| process.write(handle, b"hi").status.is_success();
    vec![
        Row {
            kind: "ours",
            framework,
            driver: driver_under_test(),
            device: abi::device::USER_PATH,
            works: |process, handle| {
                let query = Operation::QueryVersion.description();
                let room = u32::try_from(query.output_length).expect("it is short");
                let reply = process.device_control(handle, query.code.0, &[], room);
                reply.status.is_success()
            },
        },
        Row {
            kind: "foreign Rust",
            framework,
            driver: test_driver("echo"),
            device: ECHO,
            works: writes,
        },
        Row {
            kind: "C, KMDF",
            framework,
            driver: test_driver("pipe_kmdf"),
            device: r"\\.\PipeKmdf",
            works: writes,
        },
        Row {
            kind: "C, WDM",
            framework: "none",
            driver: test_driver("pipe_wdm"),
            device: r"\\.\PipeWdm",
            works: writes,
        },
        Row {
            kind: "C, KMDF, small",
            framework: "our library",
            driver: client_of_the_library(),
            device: CLIENT,
            works: |process, handle| process.read(handle, REPORT_SIZE).status.is_success(),
        },
    ]
}

/// Loads the driver (a host that does not load it ends the test), uses its device, and unloads it.
fn outcome(row: &Row) -> Outcome {
    let host = row.driver.start();
    let mut process = host.connect();
    let works = process
        .open(row.device)
        .is_ok_and(|handle| (row.works)(&mut process, handle));
    drop(process);
    let ended = host.stop();
    Outcome {
        works,
        unloads_clean: ended.code == Some(0) && !ended.stderr.contains("warning"),
    }
}

#[test]
fn each_kind_of_driver_loads_works_and_unloads_clean() {
    let mut table =
        String::from("driver         | framework     | loads | works | unloads clean\n");
    let mut failed = Vec::new();
    for row in rows() {
        let outcome = outcome(&row);
        let Outcome {
            works,
            unloads_clean,
        } = outcome;
        let [works_word, clean_word] =
            [works, unloads_clean].map(|is_so| if is_so { "yes" } else { "no" });
        let Row {
            kind, framework, ..
        } = row;
        writeln!(
            table,
            "{kind:<14} | {framework:<13} | yes   | {works_word:<5} | {clean_word}"
        )
        .unwrap();
        if !works || !unloads_clean {
            failed.push((kind, outcome));
        }
    }
    // Not `print!`, which the test program keeps for failures.
    stdout().write_all(table.as_bytes()).unwrap();
    assert!(failed.is_empty(), "{failed:?}");
}
