//! Files.

use std::path::PathBuf;

use crate::export_by_name::{TAG, nt};
use crate::irql::{self, Irql};
use crate::testing::{expect_stop, run_alone};
use crate::unicode::{OwnedUnicodeString, UnicodeString};
use crate::{fault_handler, files, pool};

/// `OPEN`, `CREATE` and `OVERWRITE_IF`.
const OPEN: u32 = 1;
const CREATE: u32 = 2;
const OVERWRITE_IF: u32 = 5;
/// `STATUS_OBJECT_NAME_NOT_FOUND`, `STATUS_OBJECT_NAME_COLLISION`, `STATUS_END_OF_FILE`.
const NOT_FOUND: u32 = 0xC000_0034;
const COLLISION: u32 = 0xC000_0035;
const END: u32 = 0xC000_0011;

/// Opens a file for synchronous reads and writes. Its handle, and what the opening did.
fn open(name: &str, how: u32) -> Result<(usize, usize), u32> {
    let text = OwnedUnicodeString::new(name);
    let name = text.as_unicode_string();
    let name: *const UnicodeString = &raw const name;
    let attributes = [0x30, 0, name.expose_provenance(), 0x240, 0, 0];
    let (mut handle, mut status_block) = (0, [0usize; 2]);
    let status = nt!(ZwCreateFile(
        &raw mut handle => *mut usize, 0xC000_0000 => u32,
        &raw const attributes => *const [usize; 6], &raw mut status_block => *mut [usize; 2],
        0 => usize, 0x80 => u32, 0 => u32, how => u32, 0x60 => u32, 0 => usize, 0 => u32) -> u32);
    if status == 0 {
        Ok((handle, status_block[1]))
    } else {
        Err(status)
    }
}

fn write(file: usize, bytes: &[u8]) -> usize {
    let mut status_block = [0usize; 2];
    nt!(ZwWriteFile(
        file => usize, 0 => usize, 0 => usize, 0 => usize,
        &raw mut status_block => *mut [usize; 2], bytes.as_ptr() => *const u8,
        u32::try_from(bytes.len()).unwrap() => u32, std::ptr::null() => *const i64,
        0 => usize) -> u32);
    status_block[1]
}

fn read(file: usize, offset: i64) -> Result<Vec<u8>, u32> {
    let (mut buffer, mut status_block) = ([0u8; 16], [0usize; 2]);
    let status = nt!(ZwReadFile(
        file => usize, 0 => usize, 0 => usize, 0 => usize,
        &raw mut status_block => *mut [usize; 2], buffer.as_mut_ptr() => *mut u8, 16 => u32,
        &raw const offset => *const i64, 0 => usize) -> u32);
    if status == 0 {
        Ok(buffer[..status_block[1]].to_vec())
    } else {
        Err(status)
    }
}

fn close(file: usize) {
    nt!(ZwClose(file => usize) -> u32);
}

/// A folder of this test process's own.
fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("nt-kernel-files-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("C/Logs")).unwrap();
    folder
}

#[test]
fn a_driver_has_the_files_of_one_folder() {
    run_alone!(|| {
        let folder = folder();
        files::set_folder(&folder).unwrap();
        assert_eq!(open(r"\??\C:\Logs\a.txt", OPEN), Err(NOT_FOUND));
        let (file, outcome) = open(r"\??\c:\logs\a.txt", CREATE).unwrap();
        assert_eq!(
            (outcome, write(file, b"one"), write(file, b"two")),
            (2, 3, 3)
        );
        assert_eq!(read(file, 2), Ok(b"etwo".to_vec()));
        assert_eq!(read(file, 6), Err(END));
        close(file);
        assert_eq!(open(r"\??\C:\Logs\A.TXT", CREATE), Err(COLLISION));
        let (file, outcome) = open(r"\DosDevices\C:\Logs\A.TXT", OVERWRITE_IF).unwrap();
        assert_eq!((outcome, read(file, 0)), (3, Err(END)));
        close(file);
        assert!(folder.join("C/Logs/a.txt").exists());
        std::fs::remove_dir_all(folder).unwrap();
    });
}

#[test]
fn memory_that_is_paged_out_is_written_to_a_file() {
    run_alone!(|| {
        fault_handler::install().unwrap();
        let folder = folder();
        files::set_folder(&folder).unwrap();
        let (file, _) = open(r"\??\C:\Logs\a.txt", CREATE).unwrap();
        let block = pool::allocate(false, 3, TAG).unwrap().as_ptr();
        // SAFETY: the three bytes of the block.
        unsafe { block.copy_from(b"one".as_ptr(), 3) };
        irql::lower(irql::raise(Irql::DISPATCH));
        // SAFETY: as above.
        let bytes = unsafe { std::slice::from_raw_parts(block, 3) };
        assert_eq!(write(file, bytes), 3);
        assert_eq!(read(file, 0), Ok(b"one".to_vec()));
        close(file);
        std::fs::remove_dir_all(folder).unwrap();
    });
}

#[test]
fn no_name_and_no_link_leads_out_of_the_folder() {
    run_alone!(|| {
        let folder = folder();
        std::os::unix::fs::symlink("/etc", folder.join("C/out")).unwrap();
        files::set_folder(&folder).unwrap();
        for name in [
            r"\??\C:\..\..\etc\passwd",
            r"\??\C:\out\passwd",
            r"C:\a",
            r"\??\C:\a/b",
        ] {
            assert!(open(name, OPEN).is_err(), "{name}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    });
}

#[test]
fn a_link_to_nothing_creates_nothing_outside_of_the_folder() {
    run_alone!(|| {
        let folder = folder();
        let outside = folder.with_extension("outside");
        std::os::unix::fs::symlink(&outside, folder.join("C/link")).unwrap();
        files::set_folder(&folder).unwrap();
        assert!(open(r"\??\C:\link", CREATE).is_err());
        assert!(!outside.exists());
        std::fs::remove_dir_all(folder).unwrap();
    });
}

#[test]
fn without_a_folder_a_file_stops_the_machine() {
    let report = expect_stop!(|| {
        let _ = open(r"\??\C:\a.txt", OPEN);
    });
    assert!(
        report.contains("nthost run --files FOLDER does"),
        "{report}"
    );
}
