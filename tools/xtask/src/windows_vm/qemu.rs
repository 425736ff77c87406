//! The command line of QEMU.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A machine that runs once.
pub(super) struct QemuMachine {
    pub(super) system: GuestSystem,
    pub(super) accelerator: Accelerator,
    /// In MiB.
    pub(super) memory: u32,
    /// The folder that the guest sees as a read-only disk.
    pub(super) shared: PathBuf,
    /// The file of the first serial port.
    pub(super) console: PathBuf,
    /// The file of the second serial port, on which the guest writes its reports.
    pub(super) reports: PathBuf,
    /// The socket of QEMU's monitor.
    pub(super) monitor: PathBuf,
}

/// What runs in the machine.
pub(super) enum GuestSystem {
    /// Windows, from a disk image.
    Windows {
        image: PathBuf,
        firmware: Option<PathBuf>,
    },
    /// Linux, which needs no disk.
    Linux { kernel: PathBuf, initramfs: PathBuf },
}

/// How the processor of the machine is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accelerator {
    /// By the processor of this computer.
    Kvm,
    /// By a program.
    Software,
}

impl QemuMachine {
    /// The arguments of QEMU.
    pub(super) fn arguments(&self) -> Result<Vec<OsString>> {
        let (accelerator, processor) = match self.accelerator {
            Accelerator::Kvm => ("kvm", "host"),
            Accelerator::Software => ("tcg", "max"),
        };
        let mut arguments = Arguments::default();
        arguments.pair("-machine", &format!("q35,accel={accelerator}"));
        arguments.pair("-cpu", processor);
        arguments.pair("-m", &self.memory.to_string());
        arguments.flag("-nodefaults");
        arguments.pair("-display", "none");
        arguments.pair("-rtc", "base=localtime");
        // The firmware offers S3, so that the guest can sleep.
        arguments.pair("-global", "ICH9-LPC.disable_s3=0");
        arguments.file("-serial", "file:", &self.console)?;
        arguments.file("-serial", "file:", &self.reports)?;
        let monitor = option(&self.monitor)?;
        arguments.pair("-qmp", &format!("unix:{monitor},server=on,wait=off"));
        let shared = option(&self.shared)?;
        let drive = format!("if=none,id=shared,format=raw,readonly=on,file=fat:{shared}");
        arguments.pair("-drive", &drive);
        match &self.system {
            GuestSystem::Windows { image, firmware } => {
                arguments.pair("-smp", "2");
                arguments.pair("-vga", "std");
                let format = image_format(image)?;
                let image = option(image)?;
                // The image stays as it is, also when the guest restarts.
                let drive = format!("if=none,id=system,format={format},snapshot=on,file={image}");
                arguments.pair("-drive", &drive);
                arguments.pair("-device", "ide-hd,drive=system,bootindex=0");
                // Windows has drivers for these, without another disk.
                arguments.pair("-device", "qemu-xhci");
                arguments.pair("-device", "usb-storage,drive=shared,removable=on");
                // An adapter with an address, and with no way out.
                arguments.pair("-nic", "user,model=e1000e,restrict=on");
                if let Some(firmware) = firmware {
                    arguments.file("-bios", "", firmware)?;
                }
            }
            GuestSystem::Linux { kernel, initramfs } => {
                // Under software emulation on a busy computer, the check of the timer fails.
                arguments.pair("-append", "console=ttyS0 quiet panic=-1 no_timer_check");
                arguments.file("-kernel", "", kernel)?;
                arguments.file("-initrd", "", initramfs)?;
                arguments.pair("-device", "virtio-blk-pci,drive=shared");
                // A panic ends the machine.
                arguments.flag("-no-reboot");
            }
        }
        Ok(arguments.0)
    }
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn flag(&mut self, name: &str) {
        self.0.push(name.into());
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.flag(name);
        self.flag(value);
    }

    fn file(&mut self, name: &str, prefix: &str, path: &Path) -> Result<()> {
        let path = path.to_str().context("a path that is not UTF-8")?;
        self.pair(name, &format!("{prefix}{path}"));
        Ok(())
    }
}

/// A path within an option: a comma in it is doubled.
fn option(path: &Path) -> Result<String> {
    let path = path.to_str().context("a path that is not UTF-8")?;
    Ok(path.replace(',', ",,"))
}

/// The format of an image, by the ending of its name. QEMU's own guess could be fooled by the guest.
fn image_format(image: &Path) -> Result<&'static str> {
    let ending = image.extension().and_then(|ending| ending.to_str());
    match ending.map(str::to_lowercase).as_deref() {
        Some("qcow2") => Ok("qcow2"),
        Some("vhdx") => Ok("vhdx"),
        Some("vhd") => Ok("vpc"),
        Some("img" | "raw") => Ok("raw"),
        _ => bail!(
            "{}: expected a disk image that ends in .qcow2, .vhdx, .vhd, .img or .raw",
            image.display()
        ),
    }
}
