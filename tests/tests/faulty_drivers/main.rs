//! Drivers that break a rule on purpose are caught, so that a clean run means something.
//!
//! One file is one family of rules, one test one rule: the driver `tests/drivers/faulty` breaks it,
//! and the host stops with a report. `docs/host/rules.md` lists the rules. With `--as-windows` the host
//! stops only where Windows does.

mod as_windows;
mod built_irps;
mod cancel;
mod codes;
mod consistency;
mod document;
mod exceptions;
mod faulty_host;
mod files;
mod irps;
mod irql;
mod locks;
mod netio;
mod objects;
mod paging;
mod pool;
mod processor;
mod queues;
mod requests;
mod stacks;
mod targets;
mod wdm;

use tests::start_test_driver;

#[test]
fn a_driver_that_leaks_is_caught_at_unload() {
    const LEAK: i32 = 87;
    let host = start_test_driver("leak", &[]);
    let ended = host.stop();
    assert_eq!(ended.code, Some(LEAK), "{}", ended.stderr);
    for leaked in ["pool", "MIB table", "Leak"] {
        assert!(
            ended.stderr.contains(leaked),
            "no {leaked} in: {}",
            ended.stderr
        );
    }
    each_leak_has_the_callback_that_made_it(&ended.stderr);
}

fn each_leak_has_the_callback_that_made_it(report: &str) {
    let leaks: Vec<&str> = report.split("\n#").skip(1).collect();
    assert_eq!(leaks.len(), 5, "{report}");
    for leak in leaks {
        let of_device = leak.contains("LDev");
        assert!(leak.contains("leak.sys+"), "#{leak}");
        assert_eq!(leak.contains("DriverEntry"), !of_device, "#{leak}");
    }
}
