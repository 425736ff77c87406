//! Filter drivers in the stack of another driver: in C against the kernel alone, and with KMDF.

use abi::NtStatus;
use nthost_protocol::syscall::CallKind;
use tests::{
    Driver, Host, Process, Sleep, driver_under_test, has_own_framework, routectl, test_driver,
    test_driver_image,
};

use crate::framework_library::{CLIENT, REPORT_SIZE, client_of_the_library};
use crate::pipe_wdm::PIPE as PIPE_WDM;

const PIPE_KMDF: &str = r"\\.\PipeKmdf";
/// Asks `filter_wdm` how many IRPs it has got.
const COUNTS: u32 = 0x0022_6400;
/// `filter_wdm` passes it on as the code that asks a pipe how many bytes wait.
const ALIAS: u32 = 0x0022_6404;

/// The drivers that filters are put above, and their devices.
const PIPES: [(&str, &str); 2] = [("pipe_wdm", PIPE_WDM), ("pipe_kmdf", PIPE_KMDF)];

/// Filters, from the lowest to the highest, and what a reader gets for `one two` that is written through them.
const FILTERS: [(&[&str], &[u8]); 4] = [
    (&["filter_wdm"], b"ONE TWO"),
    (&["filter_kmdf"], b"one_two"),
    (&["filter_wdm", "filter_kmdf"], b"ONE_TWO"),
    (&["filter_kmdf", "filter_wdm"], b"ONE_TWO"),
];

/// The driver below these filters.
fn filtered(driver: Driver, filters: &[&str]) -> Driver {
    let mut images = filters.iter().map(|name| test_driver_image(name));
    images.by_ref().fold(driver, Driver::filter)
}

fn open(host: &Host, device: &str) -> (Process, u64) {
    let mut process = host.connect();
    let handle = process.open(device).expect("the device opens");
    (process, handle)
}

/// How many IRPs of files, requests, `PnP` and power the filter has got.
fn counts(process: &mut Process, handle: u64) -> [u32; 4] {
    let reply = process.device_control(handle, COUNTS, &[], 16);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    let (numbers, _) = reply.output.as_chunks::<4>();
    let numbers: Vec<u32> = numbers.iter().copied().map(u32::from_le_bytes).collect();
    numbers.try_into().expect("four numbers")
}

#[test]
fn filters_change_what_is_written_and_read() {
    for (driver, device) in PIPES {
        for (filters, expected) in FILTERS {
            let host = filtered(test_driver(driver), filters).start();
            let (mut process, handle) = open(&host, device);
            assert_eq!(process.write(handle, b"one two").status, NtStatus::SUCCESS);
            let output = process.read(handle, 7).output;
            assert_eq!(output, expected, "{driver} under {filters:?}");
            host.stop_clean();
        }
    }
}

#[test]
fn a_driver_gets_the_code_that_a_filter_put_there() {
    for (driver, device) in PIPES {
        let host = filtered(test_driver(driver), &["filter_wdm"]).start();
        let (mut process, handle) = open(&host, device);
        assert_eq!(process.write(handle, b"abc").status, NtStatus::SUCCESS);
        let reply = process.device_control(handle, ALIAS, &[], 8);
        assert_eq!(reply.status, NtStatus::SUCCESS, "{driver}");
        assert_eq!(reply.output[..4], [3, 0, 0, 0], "{driver}");
        host.stop_clean();
    }
}

#[test]
fn reads_wait_below_filters_and_are_cancelled() {
    for (driver, device) in PIPES {
        let host = filtered(test_driver(driver), &["filter_wdm", "filter_kmdf"]).start();
        let (mut process, handle) = open(&host, device);
        let [first, second] = [(); 2].map(|()| begin_read(&mut process, handle));
        assert!(process.cancel(first));
        assert_eq!(process.wait(first).status, NtStatus::CANCELLED, "{driver}");
        assert_eq!(process.write(handle, b"a b").status, NtStatus::SUCCESS);
        assert_eq!(process.wait(second).output, b"A_B", "{driver}");
        host.stop_clean();
    }
}

fn begin_read(process: &mut Process, handle: u64) -> u64 {
    let read = process.begin(CallKind::Read, handle, 0, &[], 8);
    process.quiesce_after(read);
    read
}

#[test]
fn a_surprise_removal_ends_requests_below_filters() {
    for (driver, device) in PIPES {
        for (filters, _) in FILTERS {
            let host = filtered(test_driver(driver), filters).start();
            let (mut process, handle) = open(&host, device);
            let [first, second] = [(); 2].map(|()| begin_read(&mut process, handle));
            assert_eq!(host.surprise_remove(), NtStatus::SUCCESS);
            for read in [first, second] {
                let status = process.wait(read).status;
                assert!(!status.is_success(), "{driver}, {filters:?}: {status}");
            }
            assert!(process.open(device).is_err(), "the device has gone");
            assert_eq!(process.close(handle), NtStatus::SUCCESS);
            host.stop_clean();
        }
    }
}

#[test]
fn a_filter_gets_the_irps_of_pnp_and_power() {
    for (driver, device) in PIPES {
        let host = filtered(test_driver(driver), &["filter_wdm"]).start();
        let (mut process, handle) = open(&host, device);
        let [files, _, started, power] = counts(&mut process, handle);
        assert_eq!([files, power], [1, 0], "{driver}");
        assert!(started >= 2, "{driver}: {started}");
        let mut control = host.connect();
        assert_eq!(control.sleep(Sleep::default()), NtStatus::SUCCESS);
        assert_eq!(control.wake(), NtStatus::SUCCESS);
        // A query, a sleep and a resume of the system; the owner of the power policy adds those of the device.
        let [.., power] = counts(&mut process, handle);
        assert!(power >= 3, "{driver}: {power}");
        host.stop_clean();
    }
}

/// The lines that drivers have written.
fn lines(stderr: &str) -> Vec<&str> {
    let lines = stderr.lines();
    lines
        .filter_map(|line| line.strip_prefix("driver: "))
        .collect()
}

#[test]
fn drivers_come_from_the_bottom_and_go_from_the_top() {
    let driver = filtered(test_driver("pipe_wdm"), &["filter_wdm"]);
    let host = driver
        .lower_filter(test_driver_image("filter_kmdf"))
        .start();
    let ended = host.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let expected = [
        "filter_kmdf is loaded",
        "filter_wdm is loaded",
        "filter_kmdf adds a device",
        "filter_wdm adds a device",
        "filter_kmdf enters D0",
        "filter_kmdf leaves D0",
        "filter_wdm is unloaded",
        "filter_kmdf is unloaded",
    ];
    assert_eq!(lines(&ended.stderr), expected);
}

#[test]
fn each_device_has_filters_of_its_own() {
    let host = filtered(driver_under_test(), &["filter_wdm", "filter_kmdf"])
        .devices(2)
        .start();
    let mut control = host.connect();
    assert_eq!(control.remove_device(), NtStatus::SUCCESS);
    assert!(control.add_device().is_ok());
    host.stop_clean();
}

#[test]
fn routectl_commands_pass_through_filters() {
    for (filters, _) in FILTERS {
        let host = filtered(driver_under_test(), filters).start();
        let run = |arguments: &[&str]| {
            let mut command = routectl(&host.socket(), arguments.iter().copied());
            let output = command.output().expect("routectl starts");
            let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status.success(), stdout + &stderr)
        };
        let add = [
            "route",
            "add",
            "10.20.0.0/16",
            "via",
            "192.0.2.254",
            "dev",
            "7",
        ];
        let (added, output) = run(&add);
        assert!(added, "{filters:?}: {output}");
        let (shown, output) = run(&["route", "get", "10.20.1.1"]);
        assert!(
            shown && output.contains("192.0.2.254"),
            "{filters:?}: {output}"
        );
        let (refused, output) = run(&add);
        assert!(!refused, "{filters:?}: {output}");
        let (deleted, output) = run(&["route", "delete", "10.20.0.0/16", "dev", "7"]);
        assert!(deleted, "{filters:?}: {output}");
        host.stop_clean();
    }
}

#[test]
fn a_filter_is_above_a_client_of_a_framework_library() {
    if !has_own_framework("each driver of this run has that framework, and this test names another")
    {
        return;
    }
    let host = filtered(client_of_the_library(), &["filter_wdm"]).start();
    let (mut process, handle) = open(&host, CLIENT);
    assert_eq!(process.read(handle, REPORT_SIZE).status, NtStatus::SUCCESS);
    assert_eq!(counts(&mut process, handle)[0], 1);
    host.stop_clean();
}
