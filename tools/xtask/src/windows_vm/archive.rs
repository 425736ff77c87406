//! An archive in the format `newc` of cpio, from which Linux makes its first file system.

/// A file or a folder of the archive.
pub(super) struct ArchiveEntry {
    pub(super) name: String,
    /// `None` for a folder.
    pub(super) content: Option<Vec<u8>>,
}

const FOLDER_MODE: u32 = 0o40_755;
const FILE_MODE: u32 = 0o100_755;

/// The archive of these entries. A folder comes before what is in it.
pub(super) fn pack(entries: &[ArchiveEntry]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (place, entry) in (1..).zip(entries) {
        let (mode, content) = match &entry.content {
            Some(content) => (FILE_MODE, content.as_slice()),
            None => (FOLDER_MODE, &[][..]),
        };
        append(&mut archive, &entry.name, place, mode, content);
    }
    append(&mut archive, "TRAILER!!!", 0, 0, &[]);
    archive
}

fn append(archive: &mut Vec<u8>, name: &str, place: u32, mode: u32, content: &[u8]) {
    let length = content.len();
    let name_length = name.len() + 1;
    // Inode, mode, user, group, links, time, length, four device numbers, length of the name, checksum.
    let header = format!(
        "070701{place:08X}{mode:08X}{0:08X}{0:08X}{1:08X}{0:08X}{length:08X}\
         {0:08X}{0:08X}{0:08X}{0:08X}{name_length:08X}{0:08X}",
        0, 1
    );
    archive.extend(header.as_bytes());
    archive.extend(name.as_bytes());
    archive.push(0);
    pad(archive);
    archive.extend(content);
    pad(archive);
}

/// Each part begins at a multiple of four.
fn pad(archive: &mut Vec<u8>) {
    archive.resize(archive.len().next_multiple_of(4), 0);
}
