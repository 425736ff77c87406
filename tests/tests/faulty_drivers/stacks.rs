//! A filter that breaks a rule for the drivers of a stack, or does not get into one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{Driver, Ended, program, test_driver, test_driver_image};

use crate::document;

/// The exit code of a host that stopped with a bugcheck.
const STOPPED: i32 = 86;
/// The exit code of a host whose driver has leaked.
const LEFT_BEHIND: i32 = 87;
/// The exit code of a host whose driver does not start.
const FAILED: i32 = 1;

/// A registry in `folder` in which the filter has this fault.
fn registry(folder: &Path, fault: &str) -> PathBuf {
    let file = folder.join("registry.toml");
    let key = r"\Registry\Machine\System\CurrentControlSet\Services\faulty_filter";
    fs::write(&file, format!("['{key}']\nFault = \"{fault}\"\n")).expect("a file can be written");
    file
}

/// A pipe with the faulty filter above it.
fn faulty_stack() -> Driver {
    test_driver("pipe_wdm").filter(test_driver_image("faulty_filter"))
}

/// How a host with `driver`, whose filter has this fault, ends: at its start, or else after a sleep.
fn end_of(driver: Driver, fault: &str) -> Ended {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let registry = registry(folder.path(), fault);
    let driver = driver.arguments(["--registry".as_ref(), registry.as_os_str()]);
    match driver.try_start() {
        Err(ended) => ended,
        Ok(host) => {
            // The host may end before it answers.
            let _ = Command::new(program("nthost"))
                .args(["send", "--sleep", "--socket"])
                .arg(host.socket())
                .output()
                .expect("nthost starts");
            host.stop()
        }
    }
}

#[test]
fn each_rule_of_a_stack_stops_the_host() {
    let rules = document::stack_rules();
    assert!(rules.len() >= 10, "{rules:?}");
    for (rule, code, first) in rules {
        let Ended {
            code: ended,
            stderr,
        } = end_of(faulty_stack(), &rule);
        assert_eq!(ended, Some(STOPPED), "{rule}: {stderr}");
        let stop = format!("*** STOP 0x{code:08X} ");
        assert!(stderr.contains(&stop), "{rule}: {stop} in {stderr}");
        let first = first.expect("each has a parameter");
        assert!(stderr.contains(&first), "{rule}: {first} in {stderr}");
        assert!(stderr.contains("rule: faulty_filter: "), "{rule}: {stderr}");
    }
}

#[test]
fn a_filter_without_a_fault_works_and_goes() {
    let Ended { code, stderr } = end_of(faulty_stack(), "none");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.contains("driver: faulty_filter is unloaded"),
        "{stderr}"
    );
}

/// The output of a host that does not start, with a filter above the faulty one.
fn refused(fault: &str) -> String {
    let driver = faulty_stack().filter(test_driver_image("filter_wdm"));
    let Ended { code, stderr } = end_of(driver, fault);
    assert_eq!(code, Some(FAILED), "{stderr}");
    stderr
}

#[test]
fn a_filter_that_fails_to_add_its_device_ends_the_start() {
    let text = refused("add_device_fails");
    let words = "the driver's device did not start: NTSTATUS 0xC000009D";
    assert!(text.contains(words), "{text}");
    // The drivers above are not asked any more, and each driver is unloaded, the highest first.
    assert!(!text.contains("filter_wdm adds a device"), "{text}");
    let order = ["filter_wdm is unloaded", "faulty_filter is unloaded"];
    let places = order.map(|line| text.find(line).unwrap_or_else(|| panic!("{line}: {text}")));
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn a_filter_whose_entry_point_fails_is_named() {
    let text = refused("entry_point_fails");
    assert!(
        text.contains("faulty_filter.sys's entry point returned"),
        "{text}"
    );
    assert!(!text.contains("filter_wdm is loaded"), "{text}");
}

#[test]
fn a_filter_without_add_device_is_refused() {
    let text = refused("no_add_device");
    assert!(
        text.contains("faulty_filter.sys has no AddDevice"),
        "{text}"
    );
    assert!(text.contains("filter_wdm is unloaded"), "{text}");
}

#[test]
fn a_filter_that_adds_no_device_is_reported() {
    let Ended { code, stderr } = end_of(faulty_stack(), "adds_no_device");
    assert_eq!(code, Some(0), "{stderr}");
    let words = "faulty_filter.sys has added no device to the stack of device 0";
    assert!(stderr.contains(words), "{stderr}");
}

#[test]
fn a_driver_without_add_device_cannot_be_filtered() {
    let driver = test_driver("system_data").filter(test_driver_image("filter_wdm"));
    let ended = driver.try_start().err().expect("it is refused");
    assert_eq!(ended.code, Some(FAILED), "{}", ended.stderr);
    let words = "the driver has no AddDevice";
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
}

#[test]
fn two_drivers_of_one_service_are_refused() {
    let driver = test_driver("pipe_wdm").filter(test_driver_image("pipe_wdm"));
    let ended = driver.try_start().err().expect("it is refused");
    assert_eq!(ended.code, Some(FAILED), "{}", ended.stderr);
    let words = "two drivers have the service `pipe_wdm`";
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
}

#[test]
fn a_leak_of_a_filter_names_its_image() {
    let Ended { code, stderr } = end_of(faulty_stack(), "leaks");
    assert_eq!(code, Some(LEFT_BEHIND), "{stderr}");
    let (_, list) = stderr
        .split_once("left behind by the driver: 1")
        .expect("a list");
    assert!(list.contains("tag 'Fult'"), "{stderr}");
    assert!(list.contains("faulty_filter.sys+"), "{stderr}");
}

#[test]
fn a_filter_that_stays_after_the_removal_stops_the_host() {
    let Ended { code, stderr } = end_of(faulty_stack(), "stays");
    assert_eq!(code, Some(STOPPED), "{stderr}");
    assert!(stderr.contains("(0x21d, "), "{stderr}");
    assert!(stderr.contains("faulty_filter"), "{stderr}");
}
