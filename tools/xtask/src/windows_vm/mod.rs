//! `cargo xtask windows-vm`: the driver on a Windows machine in QEMU, unattended.
//!
//! The machine gets a read-only disk with the package and a script, and a serial port for its reports.
//! The image of the user is never written: QEMU keeps the changes in a file of its own.

mod archive;
mod linux_guest;
mod monitor;
mod qemu;
mod reports;
mod selftest_result;
mod shared_folder;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use fs_err as fs;
use wdk_cross::prerequisites::{self, Need};
use wdk_cross::program::{self, print_status};

use self::monitor::Monitor;
use self::qemu::{Accelerator, GuestSystem, QemuMachine};
use self::reports::GuestReports;
use crate::workspace;

/// The program that is the machine.
const QEMU: &str = "qemu-system-x86_64";

/// How often the reports are looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The disk image of an evaluation copy of Windows, which is not changed: qcow2, vhdx or raw
    #[arg(long, value_name = "FILE", required_unless_present = "self_test")]
    image: Option<PathBuf>,
    /// Run a small Linux in the same harness instead, under software emulation
    #[arg(long, conflicts_with = "image")]
    self_test: bool,
    /// The UEFI firmware, for an image that needs it, such as OVMF.fd
    #[arg(long, value_name = "FILE")]
    firmware: Option<PathBuf>,
    /// Do not use KVM, also where it is there
    #[arg(long)]
    no_kvm: bool,
    /// Memory of the machine, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    memory: u32,
    /// End the machine after so many minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 120)]
    time_limit: u64,
    /// Where the reports go
    #[arg(long, value_name = "FOLDER", default_value = "target/windows-vm")]
    reports: PathBuf,
}

/// Runs the machine to its end, and writes its reports.
pub(crate) fn run(options: &Options) -> Result<()> {
    let qemu = find_qemu()?;
    let root = workspace::root()?;
    let folder = root.join(&options.reports);
    fs::create_dir_all(&folder)?;
    let shared = tempfile::tempdir().context("a folder for the machine")?;
    let system = match &options.image {
        Some(image) => {
            shared_folder::fill(shared.path(), &root.join("target/package"))?;
            GuestSystem::Windows {
                image: image.clone(),
                firmware: options.firmware.clone(),
            }
        }
        None => linux_guest::prepare(&root.join("target/windows-vm-guest"), shared.path())?,
    };
    let can_use_kvm = !options.no_kvm && !options.self_test && Path::new("/dev/kvm").exists();
    let machine = QemuMachine {
        system,
        accelerator: if can_use_kvm {
            Accelerator::Kvm
        } else {
            Accelerator::Software
        },
        memory: options.memory,
        shared: shared.path().to_owned(),
        console: folder.join("console.txt"),
        reports: folder.join("reports.txt"),
        monitor: shared.path().with_extension("monitor"),
    };
    let limit = Duration::from_secs(options.time_limit * 60);
    let reports = run_machine(&qemu, &machine, limit)?;
    reports.write(&folder)?;
    print!("{reports}");
    println!("reports: {}", folder.display());
    reports.check()
}

/// The program that is the machine. It is installed if it is missing.
fn find_qemu() -> Result<PathBuf> {
    if program::in_path(QEMU).is_none() {
        prerequisites::install(&[Need {
            uses: vec!["QEMU, in which the machine runs".to_owned()],
            llvm: false,
            packages: vec!["qemu-system-x86"],
            elsewhere: "Install QEMU for x86-64 with this system's package manager.",
        }])?;
    }
    program::in_path(QEMU).with_context(|| format!("{QEMU} is not in the search path"))
}

/// Starts the machine and waits for its end, or for the last line of its reports.
fn run_machine(qemu: &Path, machine: &QemuMachine, limit: Duration) -> Result<GuestReports> {
    for file in [&machine.console, &machine.reports] {
        File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    }
    print_status("the machine starts; its console is in console.txt");
    let child = Command::new(qemu)
        .args(machine.arguments()?)
        .spawn()
        .context("cannot start QEMU")?;
    let mut running = RunningMachine(child);
    let mut monitor = Monitor::new(machine.monitor.clone());
    let begun = Instant::now();
    let mut shown = 0;
    loop {
        let ended = running.0.try_wait().context("cannot wait for QEMU")?;
        // A machine that sleeps is woken at once.
        monitor.wake_sleeper();
        let reports = GuestReports::read(&fs::read(&machine.reports)?);
        for step in reports.steps.iter().skip(shown) {
            print_status(&step.to_string());
        }
        shown = reports.steps.len();
        if reports.is_done {
            // The disk of the machine is thrown away: it need not shut down.
            return Ok(reports);
        }
        if let Some(status) = ended {
            if !status.success() {
                bail!(
                    "QEMU ended with {status}; see {}",
                    machine.console.display()
                );
            }
            return Ok(reports);
        }
        if begun.elapsed() > limit {
            bail!(
                "the machine has not ended within {} s; its last step was {}; see {}",
                limit.as_secs(),
                reports.last_begun(),
                machine.console.display()
            );
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// The process of a machine. Dropping it ends the machine.
struct RunningMachine(Child);

impl Drop for RunningMachine {
    fn drop(&mut self) {
        // Fails only if the process has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests;
