//! A driver that binds to a framework library, a small one of `tests/drivers/wdf_library`, through the
//! host's WDFLDR.SYS.

use std::process::Command;

use abi::NtStatus;
use nthost_protocol::syscall::CallKind;
use tests::{Driver, Ended, Host, Sleep, program, test_driver_image};

/// The device of `tests/drivers/wdf_client`.
pub(crate) const CLIENT: &str = r"\\.\WdfClient";
/// How many bytes a read of it returns.
pub(crate) const REPORT_SIZE: u32 = 12;
/// The exit code of a host whose driver has leaked.
const LEFT_BEHIND: i32 = 87;

/// The exit code of a host that has stopped.
const BUGCHECK: i32 = 86;

/// The wrong things that the library does on demand, by their numbers in its `library.h`.
#[derive(Clone, Copy)]
enum Fault {
    None,
    InfoSize,
    NoFunction,
    NoDevice,
    MajorVersion,
    CommissionFails,
    RegistersTwice,
    NeverRegisters,
    FailsAfterRegistration,
    RefusesClients,
    NoGlobals,
    ShortTable,
    KeepsClient,
    Leaks,
    Breaks,
    KeepsLevel,
}

impl Fault {
    fn argument(self) -> String {
        format!("Fault={}", self as u32)
    }
}

/// The small client, which binds to the small library.
pub(crate) fn client_of_the_library() -> Driver {
    Driver::new(test_driver_image("wdf_client"))
        .nthost(program("nthost"))
        .framework(test_driver_image("wdf_library"))
}

fn start_with(value: &str) -> Host {
    let arguments = ["--framework-diagnostics", value];
    client_of_the_library().arguments(arguments).start()
}

/// The three numbers that the client's device returns: the size of its `CLIENT_INFO`, whether its
/// driver object was there, and how often the library was commissioned.
fn report(host: &Host) -> [u32; 3] {
    let mut process = host.connect();
    let handle = process.open(CLIENT).expect("the device opens");
    let reply = process.read(handle, REPORT_SIZE);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    let (numbers, rest) = reply.output.as_chunks::<4>();
    assert!(rest.is_empty());
    let numbers: Vec<u32> = numbers.iter().copied().map(u32::from_le_bytes).collect();
    numbers.try_into().expect("three numbers")
}

/// The exit code and the output of a host whose driver does not start with the library.
fn run_to_its_end(driver: &str, fault: Fault) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let output = Command::new(program("nthost"))
        .args(["run", "--framework-diagnostics", &fault.argument()])
        .arg("--framework")
        .arg(test_driver_image("wdf_library"))
        .arg("--driver")
        .arg(test_driver_image(driver))
        .arg("--socket")
        .arg(folder.path().join("socket"))
        .output()
        .expect("nthost starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), text)
}

/// The output of a host whose driver does not start because of `fault`.
fn refused(fault: Fault) -> String {
    let (code, text) = run_to_its_end("wdf_client", fault);
    assert_eq!(code, Some(1), "{text}");
    text
}

/// The end of a host whose driver starts in spite of `fault`.
fn ended(fault: Fault) -> Ended {
    let host = start_with(&fault.argument());
    assert_eq!(report(&host)[2], 1);
    host.stop()
}

#[test]
fn a_library_of_1_31_gets_a_client_info_of_16_bytes() {
    let host = start_with("Minor=31");
    assert_eq!(report(&host), [16, 0, 1]);
    host.stop_clean();
}

#[test]
fn a_library_of_1_33_gets_the_clients_driver_object_too() {
    let host = start_with("Minor=33");
    assert_eq!(report(&host), [24, 1, 1]);
    host.stop_clean();
}

#[test]
fn the_client_is_unbound_before_the_library_is_unloaded() {
    let ended = client_of_the_library().start().stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = ended.stderr.lines();
    let order: Vec<_> = lines
        .filter_map(|line| line.strip_prefix("driver: "))
        .collect();
    let [bound, unbound, decommissioned] = order[..] else {
        panic!("{order:?}");
    };
    assert!(bound.ends_with(r"\Services\wdf_client is bound"), "{bound}");
    assert_eq!(
        [unbound, decommissioned],
        ["a client is unbound", "decommissioned"]
    );
}

#[test]
fn a_clients_device_is_removed_and_added_by_the_pnp_manager() {
    let host = client_of_the_library().start();
    let mut control = host.connect();
    assert_eq!(control.add_device(), Err(NtStatus::OBJECT_NAME_COLLISION));
    assert_eq!(control.sleep(Sleep::default()), NtStatus::SUCCESS);
    assert_eq!(control.wake(), NtStatus::SUCCESS);
    assert_eq!(control.remove_device(), NtStatus::SUCCESS);
    assert_eq!(control.outstanding(), 0, "the library has been unloaded");
    host.stop_clean();
}

#[test]
fn a_library_that_registers_wrongly_is_refused_with_reason() {
    let reasons = [
        (
            Fault::InfoSize,
            "the Size of the WDF_LIBRARY_INFO is 52, and 56 is right",
        ),
        (Fault::NoFunction, "LibraryUnregisterClient is NULL"),
        (
            Fault::NoDevice,
            r"the library's device `\Device\Nowhere` does not exist",
        ),
        (
            Fault::MajorVersion,
            "the library's version is 2.31, and clients of KMDF need 1.x",
        ),
        (
            Fault::CommissionFails,
            "LibraryCommission returned this status",
        ),
        (
            Fault::RegistersTwice,
            "a library has registered itself already",
        ),
        (
            Fault::NeverRegisters,
            "WdfRegisterLibrary did not: it is no framework library",
        ),
        (
            Fault::FailsAfterRegistration,
            "after WdfRegisterLibrary had succeeded",
        ),
    ];
    for (fault, reason) in reasons {
        let text = refused(fault);
        assert!(text.contains("the framework does not start"), "{text}");
        assert!(text.contains(reason), "{reason} in {text}");
    }
}

#[test]
fn a_client_that_gets_too_little_is_refused_with_reason() {
    let reasons = [
        (
            Fault::RefusesClients,
            "LibraryRegisterClient returned this status",
        ),
        (Fault::NoGlobals, "the library gave the client no globals"),
        (
            Fault::ShortTable,
            "the client counts 458 functions, and place 457 of the table",
        ),
    ];
    for (fault, reason) in reasons {
        let text = refused(fault);
        assert!(text.contains("WdfVersionBind is refused with"), "{text}");
        assert!(text.contains(reason), "{reason} in {text}");
        assert!(text.contains("driver: decommissioned"), "{text}");
    }
}

#[test]
fn a_client_that_stays_bound_is_reported_and_leaks() {
    let Ended { code, stderr } = ended(Fault::KeepsClient);
    assert_eq!(code, Some(LEFT_BEHIND), "{stderr}");
    let words = "wdf_client has been unloaded without WdfVersionUnbind";
    assert!(stderr.contains(words), "{stderr}");
}

#[test]
fn the_stack_of_a_leak_names_both_images() {
    let Ended { code, stderr } = ended(Fault::Leaks);
    assert_eq!(code, Some(LEFT_BEHIND), "{stderr}");
    let places = [
        "wdf_library.sys+",
        "LibraryDriverCreate (",
        "wdf_client.sys+",
        "DriverEntry (",
    ];
    let mut rest = stderr.as_str();
    for place in places {
        let found = rest.split_once(place);
        (_, rest) = found.unwrap_or_else(|| panic!("{place} in {stderr}"));
    }
}

#[test]
fn a_breakpoint_of_the_library_is_reported_after_its_trace() {
    let Ended { code, stderr } = ended(Fault::Breaks);
    assert_eq!(code, Some(0), "{stderr}");
    let (_, report) = stderr
        .split_once("driver: this library reports a broken rule\n")
        .expect("the library's own text");
    assert!(
        report.starts_with("nthost: warning: a breakpoint without a debugger"),
        "{report}"
    );
    for place in [
        "LibraryDeviceCreate (",
        "EvtDeviceAdd (",
        "ClientAddDevice (",
    ] {
        assert!(report.contains(place), "{place} in {report}");
    }
}

#[test]
fn a_function_that_the_library_lacks_stops_with_its_index() {
    let (code, text) = run_to_its_end("pipe_kmdf", Fault::None);
    assert_eq!(code, Some(BUGCHECK), "{text}");
    // WdfDeviceInitSetIoType.
    let words = "driver: function 61 of KMDF is not in this library\n";
    assert!(text.contains(words), "{text}");
}

#[test]
fn a_dispatch_routine_of_the_library_must_keep_the_level() {
    let host = start_with(&Fault::KeepsLevel.argument());
    let mut process = host.connect();
    let handle = process.open(CLIENT).expect("the device opens");
    let read = process.begin(CallKind::Read, handle, 0, &[], REPORT_SIZE);
    // The library answers before its dispatch routine returns.
    let _ = process.wait_or_end(read);
    let Ended { code, stderr } = host.wait();
    assert_eq!(code, Some(BUGCHECK), "{stderr}");
    let words = "the dispatch routine for IRP_MJ_READ was entered at PASSIVE_LEVEL";
    assert!(stderr.contains(words), "{stderr}");
    assert!(
        stderr.contains("DRIVER_VERIFIER_IOMANAGER_VIOLATION"),
        "{stderr}"
    );
}
