//! The command line of the machine, its files, and recorded reports.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::archive::{ArchiveEntry, pack};
use super::qemu::{Accelerator, GuestSystem, QemuMachine};
use super::reports::GuestReports;
use super::shared_folder;
use super::{POLL_INTERVAL, run_machine};

/// A machine for an image, with its files in a folder.
fn machine(image: &str, accelerator: Accelerator, folder: &Path) -> QemuMachine {
    QemuMachine {
        system: GuestSystem::Windows {
            image: image.into(),
            firmware: Some(PathBuf::from("/ovmf/OVMF.fd")),
        },
        accelerator,
        memory: 4096,
        shared: PathBuf::from("/tmp/a,b"),
        console: folder.join("console.txt"),
        reports: folder.join("reports.txt"),
        monitor: PathBuf::from("/tmp/monitor"),
    }
}

/// The arguments for an image, as one line.
fn windows(image: &str, accelerator: Accelerator) -> anyhow::Result<String> {
    let arguments = machine(image, accelerator, Path::new("/r")).arguments()?;
    let arguments: Vec<_> = arguments.iter().map(|one| one.to_str().unwrap()).collect();
    Ok(arguments.join(" "))
}

#[test]
fn the_image_of_the_user_is_never_written() {
    let line = windows("/images/server.vhdx", Accelerator::Kvm).unwrap();
    let drive = "-drive if=none,id=system,format=vhdx,snapshot=on,file=/images/server.vhdx ";
    assert!(line.contains(drive), "{line}");
    let shared = "if=none,id=shared,format=raw,readonly=on,file=fat:/tmp/a,,b ";
    assert!(line.contains(shared), "{line}");
}

#[test]
fn the_machine_has_its_ports_a_monitor_and_no_way_out() {
    let line = windows("a.qcow2", Accelerator::Kvm).unwrap();
    for part in [
        "-machine q35,accel=kvm -cpu host ",
        "-serial file:/r/console.txt -serial file:/r/reports.txt ",
        "-qmp unix:/tmp/monitor,server=on,wait=off ",
        "-nic user,model=e1000e,restrict=on ",
        "-bios /ovmf/OVMF.fd",
        "ICH9-LPC.disable_s3=0",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("-no-reboot"), "the guest restarts: {line}");
    let line = windows("a.qcow2", Accelerator::Software).unwrap();
    assert!(line.contains("accel=tcg -cpu max "), "{line}");
}

#[test]
fn an_image_of_an_unknown_format_is_refused() {
    let error = windows("server.iso", Accelerator::Kvm).unwrap_err();
    assert!(
        error.to_string().contains("ends in .qcow2, .vhdx"),
        "{error}"
    );
}

/// What a machine has written.
const RECORDED: &str = "boot\r\nvm begin add-driver\r\nMicrosoft PnP Utility\r\n\r\n\
    vm end add-driver 0\r\nvm begin probe\r\ntable\r\nvm end probe 1\r\n\
    vm file profile.toml\r\n[machine]\r\nbuild = \"10.0.1.2\"\r\nvm end-of-file profile.toml\r\n\
    vm done\r\n";

#[test]
fn recorded_reports_are_read() {
    let reports = GuestReports::read(RECORDED.as_bytes());
    let steps: Vec<_> = reports.steps.iter().map(ToString::to_string).collect();
    assert_eq!(steps, ["add-driver: done", "probe: exit code 1"]);
    assert_eq!(reports.steps[0].output, "Microsoft PnP Utility\n\n");
    let file = (
        "profile.toml".to_owned(),
        "[machine]\nbuild = \"10.0.1.2\"\n".to_owned(),
    );
    assert_eq!(reports.files, [file]);
    assert_eq!(reports.check().unwrap_err().to_string(), "failed: probe");
}

#[test]
fn a_machine_that_stops_in_a_step_is_a_failure() {
    let text = RECORDED.replace("vm end probe 1\r\n", "");
    let (text, _) = text.split_once("table").unwrap();
    let reports = GuestReports::read(text.as_bytes());
    assert_eq!(reports.last_begun(), "probe");
    let error = reports.check().unwrap_err().to_string();
    assert_eq!(error, "the machine ended in step probe");
    let error = GuestReports::read(b"").check().unwrap_err().to_string();
    assert!(
        error.starts_with("the script did not come to its end"),
        "{error}"
    );
    let done = GuestReports::read(b"vm begin a\nvm end a 0\nvm done\n");
    assert!(done.check().is_ok());
}

/// Runs a machine that is this script for the shell, for at most so long.
fn run_script(script: &str, limit: Duration, folder: &Path) -> anyhow::Result<GuestReports> {
    // A program that was only just written cannot be started while another thread starts one, too.
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/windows_vm/guest/machine.sh");
    let program = folder.join("qemu");
    if !program.exists() {
        symlink(runner, &program)?;
    }
    std::fs::write(folder.join("script"), script)?;
    let machine = machine("a.qcow2", Accelerator::Software, folder);
    run_machine(&program, &machine, limit)
}

#[test]
fn a_machine_that_does_not_end_is_ended_at_the_time_limit() {
    let folder = tempfile::tempdir().unwrap();
    // The limit is over when the reports are read for the second time: the machine has begun.
    let script = "echo $$ > pid; echo vm begin sleep > reports.txt; exec sleep 1000";
    let error = run_script(script, POLL_INTERVAL, folder.path()).unwrap_err();
    let error = error.to_string();
    assert!(
        error.starts_with("the machine has not ended within 0 s"),
        "{error}"
    );
    assert!(error.contains("console.txt"), "{error}");
    // On a busy machine it may not have begun even then.
    let process = std::fs::read_to_string(folder.path().join("pid")).unwrap_or_default();
    if let Ok(process) = process.trim().parse::<u32>() {
        let process = Path::new("/proc").join(process.to_string());
        assert!(!process.exists(), "the machine's process is gone");
    }
}

#[test]
fn a_machine_ends_with_its_process_or_its_last_report() {
    let folder = tempfile::tempdir().unwrap();
    let hour = Duration::from_hours(1);
    let failed = run_script("exit 3", hour, folder.path()).unwrap_err();
    assert!(
        failed
            .to_string()
            .starts_with("QEMU ended with exit status: 3"),
        "{failed}"
    );
    let script = "echo vm begin a > reports.txt; echo vm end a 0 >> reports.txt";
    let ended = run_script(script, hour, folder.path()).unwrap();
    assert!(!ended.is_done && ended.last_begun() == "a");
    // The machine need not shut down.
    let script = "echo vm done > reports.txt; exec sleep 1000";
    assert!(run_script(script, hour, folder.path()).unwrap().is_done);
}

/// The reports of a self-test with a failed and a skipped case.
const SELFTEST: &str = "vm begin selftest\r\n{\r\n  \"begun\": \"2026-03-01T09:30:12Z\",\r\n  \
    \"passed\": 41, \"failed\": 1, \"skipped\": 1,\r\n  \"cases\": [\r\n    \
    {\"group\": \"contract\", \"case\": \"version\", \"family\": null, \"result\": \"passed\", \
    \"reason\": null},\r\n    \
    {\"group\": \"guards\", \"case\": \"guard-restores-deleted\", \"family\": \"IPv4\", \
    \"result\": \"failed\", \"reason\": \"not within 2m\"},\r\n    \
    {\"group\": \"guards\", \"case\": \"guard-restores-deleted\", \"family\": \"IPv6\", \
    \"result\": \"skipped\", \"reason\": \"interface 1 has no IPv6\"}\r\n  ]\r\n}\r\n\
    vm end selftest 7\r\nvm file selftest.xml\r\n<testsuites/>\r\nvm end-of-file selftest.xml\r\n\
    vm done\r\n";

#[test]
fn the_reports_show_what_the_selftest_found() {
    let reports = GuestReports::read(SELFTEST.as_bytes());
    assert_eq!(
        reports.to_string(),
        "selftest: exit code 7\nselftest:\n  41 passed, 1 failed, 1 skipped\n  \
         failed guards/guard-restores-deleted IPv4: not within 2m\n  \
         skipped guards/guard-restores-deleted IPv6: interface 1 has no IPv6\n\
         selftest.xml: 1 lines\n"
    );
    let folder = tempfile::tempdir().unwrap();
    reports.write(folder.path()).unwrap();
    let json = std::fs::read_to_string(folder.path().join("selftest.json")).unwrap();
    assert!(json.starts_with("{\n") && json.ends_with("}\n"), "{json}");
    let xml = std::fs::read_to_string(folder.path().join("selftest.xml")).unwrap();
    assert_eq!(xml, "<testsuites/>\n");
}

#[test]
fn a_selftest_that_could_not_run_has_no_result() {
    let text = "vm begin selftest\r\nno device\r\nvm end selftest 5\r\nvm done\r\n";
    let reports = GuestReports::read(text.as_bytes());
    assert_eq!(reports.to_string(), "selftest: exit code 5\n");
}

#[test]
fn a_file_of_the_guest_is_written_into_the_folder_only() {
    for name in ["../a", "a/b", "a\\b", "C:a", ".profile"] {
        let text = format!("vm file {name}\nx\nvm end-of-file {name}\n");
        assert_eq!(GuestReports::read(text.as_bytes()).files, [], "{name}");
    }
}

#[test]
fn the_archive_has_headers_at_multiples_of_four() {
    let entry = |name: &str, content| ArchiveEntry {
        name: name.to_owned(),
        content,
    };
    let entries = [
        entry("bin", None),
        entry("init", Some(b"#!/bin/sh\n".to_vec())),
    ];
    let archive = pack(&entries);
    let places: Vec<_> = archive
        .windows(6)
        .enumerate()
        .filter(|(_, bytes)| bytes == b"070701")
        .map(|(place, _)| place)
        .collect();
    assert_eq!(places, [0, 116, 244]);
    let text = String::from_utf8_lossy(&archive);
    assert!(text.starts_with("07070100000001000041ED"), "{text}");
    assert!(text.contains("init\0\0#!/bin/sh\n"), "{text}");
}

#[test]
fn the_shared_folder_needs_the_package() {
    let folder = tempfile::tempdir().unwrap();
    let error = shared_folder::fill(folder.path(), Path::new("/nonexistent")).unwrap_err();
    assert!(error.to_string().contains("`cargo xtask package` makes it"));
}

#[test]
fn the_script_reports_every_step_and_comes_to_its_end() {
    let script = shared_folder::SCRIPT;
    let steps = script.matches("call :step ").count();
    assert!(steps > 15, "{steps}");
    assert_eq!(script.matches("\nset RUN=").count(), steps);
    for stage in 1..=4 {
        assert!(script.contains(&format!("\n:stage{stage}\n")), "{stage}");
    }
    assert!(script.contains("echo vm done"));
    assert!(shared_folder::ANSWERS.contains(r"call %d:\guest.cmd"));
}
