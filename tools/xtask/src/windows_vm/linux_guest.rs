//! The small Linux of `--self-test`: a kernel and busybox from Debian's packages, which are unpacked
//! and not installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use wdk_cross::program::{self, print_status};

use super::archive::{ArchiveEntry, pack};
use super::qemu::GuestSystem;

/// The package that depends on the newest kernel, which is the smallest one.
const KERNEL: &str = "linux-image-cloud-amd64";
const BUSYBOX: &str = "busybox-static";

/// The modules for a disk with a FAT file system, in the order in which they are loaded.
const MODULES: [&str; 10] = [
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci",
    "drivers/block/virtio_blk",
    "fs/fat/fat",
    "fs/fat/vfat",
    "fs/nls/nls_cp437",
    "fs/nls/nls_ascii",
];

/// The first program of the guest.
const INIT: &str = include_str!("guest/init.sh");
/// What the guest runs: it writes reports as the script for Windows does.
const SCRIPT: &str = include_str!("guest/guest.sh");
/// A file that the guest reports back.
const SAMPLE: &str = "copied in, and out again\n";

/// Makes the guest in `folder`, from packages that are downloaded once, and what it is given in `shared`.
pub(super) fn prepare(folder: &Path, shared: &Path) -> Result<GuestSystem> {
    let unpacked = folder.join("unpacked");
    if !unpacked.join("complete").is_file() {
        print_status("downloading a kernel and busybox: 28 MB, unpacked under target");
        download(folder, &unpacked)?;
    }
    let kernel = only_file(&unpacked.join("boot"), "vmlinuz-")?;
    let modules = only_file(&unpacked.join("lib/modules"), "")?.join("kernel");
    let mut entries = vec![folder_entry("bin"), folder_entry("modules")];
    entries.push(file_entry("init", INIT.as_bytes().to_vec()));
    let busybox = fs::read(unpacked.join("bin/busybox"))?;
    entries.push(file_entry("bin/busybox", busybox));
    let mut order = String::new();
    for module in MODULES {
        let content = fs::read(modules.join(format!("{module}.ko")))?;
        let name = module.rsplit('/').next().unwrap_or(module);
        entries.push(file_entry(&format!("modules/{name}.ko"), content));
        order.push_str(name);
        order.push('\n');
    }
    entries.push(file_entry("modules/order", order.into_bytes()));
    let initramfs = folder.join("initramfs.img");
    fs::write(&initramfs, pack(&entries))?;
    fs::write(shared.join("guest.sh"), SCRIPT)?;
    fs::write(shared.join("sample.txt"), SAMPLE)?;
    Ok(GuestSystem::Linux { kernel, initramfs })
}

fn download(folder: &Path, unpacked: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(unpacked)?;
    let mut depends = Command::new("apt-cache");
    let depends = program::output(depends.args(["depends", "--important", KERNEL]))
        .context("apt-cache: the self-test takes its kernel from Debian")?;
    let kernel = depends
        .lines()
        .find_map(|line| line.trim().strip_prefix("Depends: "))
        .with_context(|| format!("{KERNEL} depends on no kernel"))?;
    let mut apt = Command::new("apt-get");
    program::output(
        apt.current_dir(folder)
            .args(["download", kernel, BUSYBOX])
            // The sandbox of apt cannot write to this folder.
            .args(["--option", "APT::Sandbox::User=root"]),
    )?;
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|ending| ending == "deb") {
            let mut unpack = Command::new("dpkg-deb");
            program::output(unpack.arg("--extract").arg(&file).arg(unpacked))?;
            fs::remove_file(&file)?;
        }
    }
    fs::write(unpacked.join("complete"), kernel)?;
    Ok(())
}

/// The only entry of a folder whose name begins so.
fn only_file(folder: &Path, start: &str) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(start) {
            return Ok(entry.path());
        }
    }
    bail!("{} has no {start}*", folder.display())
}

fn folder_entry(name: &str) -> ArchiveEntry {
    ArchiveEntry {
        name: name.to_owned(),
        content: None,
    }
}

fn file_entry(name: &str, content: Vec<u8>) -> ArchiveEntry {
    ArchiveEntry {
        name: name.to_owned(),
        content: Some(content),
    }
}
