//! A WDM driver that breaks a rule of the I/O manager: each rule of `docs/host/wdm.md`, by a real image.

use nthost_protocol::syscall::CallKind;
use tests::start_test_driver;

use crate::document;

pub(crate) const DEVICE: &str = r"\\.\FaultyWdm";
/// Breaks the rule whose name is the input.
pub(crate) const COMMIT: u32 = 0x0022_2000;
/// The exit code of a host that stopped with a bugcheck.
const STOPPED: i32 = 86;

/// Rules of a work item that is still queued: it may run before the driver breaks them.
const RACES: [&str; 3] = [
    "a_queued_work_item_is_freed",
    "a_work_item_is_queued_twice",
    "memory_with_a_queued_work_item_is_freed",
];

/// How the host stops when the driver breaks `rule`: at the request, or when the device is removed.
pub(crate) fn stop(rule: &str) -> String {
    let host = start_test_driver("faulty_wdm", &[]);
    let mut process = host.connect();
    let handle = process.open(DEVICE).expect("the device opens");
    let kind = CallKind::DeviceControl;
    let request = process.begin(kind, handle, COMMIT, rule.as_bytes(), 0);
    let _ = process.wait_or_end(request);
    drop(process);
    let ended = host.stop();
    assert_eq!(ended.code, Some(STOPPED), "{rule}: {}", ended.stderr);
    ended.stderr
}

#[test]
fn each_rule_of_irps_stops_the_host() {
    let mut rules = document::irp_rules();
    rules.retain(|(rule, ..)| !RACES.contains(&rule.as_str()));
    assert!(rules.len() > 25, "{rules:?}");
    for (rule, code, first) in rules {
        let report = stop(&rule);
        let words = match first {
            Some(first) => format!("*** STOP 0x{code:08X} ") + &report_name(&report) + &first,
            None => format!("*** STOP 0x{code:08X} "),
        };
        assert!(report.contains(&words), "{rule}: {words}: {report}");
    }
}

/// The name of the stop code, as the report has it.
fn report_name(report: &str) -> String {
    let line = report.lines().find(|line| line.starts_with("*** STOP"));
    let name = line.and_then(|line| line.split(' ').nth(3));
    format!("{} ", name.unwrap_or_default())
}
