//! The smallest image that passes as a driver, and images that do not.

use object::pe;
use object::write::pe::NtHeaders;
use object::write::pe::Writer;

use super::*;

/// A debug directory of one entry, and its record.
const DEBUG_BYTES: u32 = 28 + 24;

/// What a sample has of relocations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relocations {
    Present,
    /// It has none, because it has no address of its own.
    Needless,
    Stripped,
}

/// An image to be made; the default one is right.
pub(crate) struct Sample {
    machine: pe::Machine,
    subsystem: pe::Subsystem,
    flags: pe::DllFlags,
    alignment: u32,
    entry: bool,
    relocations: Relocations,
    writable_code: bool,
    imports: Vec<&'static str>,
    time_stamp: u32,
    guid: Option<[u8; 16]>,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            machine: pe::IMAGE_FILE_MACHINE_AMD64,
            subsystem: pe::IMAGE_SUBSYSTEM_NATIVE,
            flags: CHARACTERISTICS
                .iter()
                .fold(pe::DllFlags(0), |all, &(flag, _)| all | flag),
            alignment: PAGE,
            entry: true,
            relocations: Relocations::Present,
            writable_code: false,
            imports: vec!["ntoskrnl.exe", "WDFLDR.SYS", "NETIO.SYS"],
            time_stamp: 0,
            guid: None,
        }
    }
}

impl Sample {
    fn has_relocations(&self) -> bool {
        self.relocations == Relocations::Present
    }

    /// An image with the identity of its debug information.
    pub(crate) fn with_debug_directory(guid: [u8; 16], time_stamp: u32) -> Self {
        Self {
            time_stamp,
            guid: Some(guid),
            ..Self::default()
        }
    }

    /// The same with other imports.
    pub(crate) fn importing(self, imports: &[&'static str]) -> Self {
        Self {
            imports: imports.to_vec(),
            ..self
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let mut writer = Writer::new(true, self.alignment, 512, &mut data);
        writer.reserve_dos_header();
        writer.reserve_nt_headers(16);
        let debug_sections = u16::from(self.guid.is_some());
        writer.reserve_section_headers(2 + u16::from(self.has_relocations()) + debug_sections);
        let code = pe::IMAGE_SCN_CNT_CODE | pe::IMAGE_SCN_MEM_EXECUTE | pe::IMAGE_SCN_MEM_READ;
        let code = if self.writable_code {
            code | pe::IMAGE_SCN_MEM_WRITE
        } else {
            code
        };
        let text = writer.reserve_section(*b".text\0\0\0", code, 16, 16);
        let imports = writer.reserve_idata_section(512);
        let debug = self.guid.map(|guid| {
            let range = writer.reserve_rdata_section(DEBUG_BYTES);
            writer.set_data_directory(
                pe::IMAGE_DIRECTORY_ENTRY_DEBUG,
                range.virtual_address,
                DEBUG_BYTES - 24,
            );
            let section = self.debug_section(guid, range.virtual_address, range.file_offset);
            (range.file_offset, section)
        });
        if self.has_relocations() {
            writer.add_reloc(text.virtual_address, pe::IMAGE_REL_BASED_DIR64);
            writer.reserve_reloc_section();
        }
        writer.write_empty_dos_header().unwrap();
        writer.write_nt_headers(NtHeaders {
            machine: self.machine,
            time_date_stamp: self.time_stamp,
            characteristics: if self.relocations == Relocations::Stripped {
                pe::IMAGE_FILE_EXECUTABLE_IMAGE | pe::IMAGE_FILE_RELOCS_STRIPPED
            } else {
                pe::IMAGE_FILE_EXECUTABLE_IMAGE
            },
            major_linker_version: 0,
            minor_linker_version: 0,
            address_of_entry_point: if self.entry { text.virtual_address } else { 0 },
            image_base: 0x1_4000_0000,
            major_operating_system_version: 10,
            minor_operating_system_version: 0,
            major_image_version: 0,
            minor_image_version: 0,
            major_subsystem_version: 10,
            minor_subsystem_version: 0,
            subsystem: self.subsystem,
            dll_characteristics: self.flags,
            size_of_stack_reserve: 0,
            size_of_stack_commit: 0,
            size_of_heap_reserve: 0,
            size_of_heap_commit: 0,
        });
        writer.write_section_headers();
        writer.write_section(text.file_offset, &[0xC3; 16]);
        writer.write_section(
            imports.file_offset,
            &self.import_section(imports.virtual_address),
        );
        if let Some((offset, section)) = debug {
            writer.write_section(offset, &section);
        }
        if self.has_relocations() {
            writer.write_reloc_section();
        }
        stamp_checksum(&mut data);
        data
    }

    /// Descriptors that name the files, a null one, and the names.
    fn import_section(&self, address: u32) -> Vec<u8> {
        let table = (self.imports.len() + 1) * 20;
        let mut descriptors = Vec::new();
        let mut names = Vec::new();
        for import in &self.imports {
            let name = address + u32::try_from(table + names.len()).unwrap();
            descriptors.extend([name, 0, 0, name, name].map(u32::to_le_bytes).concat());
            names.extend(import.bytes().chain([0]));
        }
        descriptors.resize(table, 0);
        descriptors.extend(names);
        descriptors.resize(512, 0);
        descriptors
    }

    /// One entry of the debug directory, and the record that it points at.
    fn debug_section(&self, guid: [u8; 16], address: u32, offset: u32) -> Vec<u8> {
        let entry = [0, self.time_stamp, 0, 2, 24, address + 28, offset + 28];
        let mut section = entry.map(u32::to_le_bytes).concat();
        section.extend(b"RSDS");
        section.extend(guid);
        section.extend(1_u32.to_le_bytes());
        section
    }

    /// The result of the check.
    fn result(&self) -> String {
        match check(&self.bytes(), &["NETIO.SYS"]) {
            Ok(()) => "right".to_owned(),
            Err(error) => error.to_string(),
        }
    }
}

fn stamp_checksum(data: &mut [u8]) {
    let field = checksum_offset(data).unwrap();
    let sum = checksum(data).unwrap();
    data[field..field + 4].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn a_driver_passes() {
    assert_eq!(Sample::default().result(), "right");
}

#[test]
fn a_file_that_is_not_an_image_is_refused() {
    assert!(check(b"MZ, but no more", &[]).is_err());
}

#[test]
fn headers_of_something_else_are_refused() {
    let sample = Sample {
        machine: pe::IMAGE_FILE_MACHINE_ARM64,
        ..Sample::default()
    };
    assert!(sample.result().contains("not x86-64"));
    let sample = Sample {
        subsystem: pe::IMAGE_SUBSYSTEM_WINDOWS_CUI,
        ..Sample::default()
    };
    assert!(sample.result().contains("not native"));
    let sample = Sample {
        entry: false,
        ..Sample::default()
    };
    assert!(sample.result().contains("no entry point"));
    let sample = Sample {
        alignment: 512,
        ..Sample::default()
    };
    assert!(sample.result().contains("aligned to 512 bytes"));
    let sample = Sample {
        relocations: Relocations::Stripped,
        ..Sample::default()
    };
    assert!(sample.result().contains("relocations are stripped"));
}

#[test]
fn each_missing_mark_is_named() {
    let all = Sample::default().flags;
    for &(flag, name) in CHARACTERISTICS {
        let sample = Sample {
            flags: pe::DllFlags(all.0 & !flag.0),
            ..Sample::default()
        };
        let result = sample.result();
        assert!(result.contains(&format!("not marked {name}")), "{result}");
        assert_eq!(result.matches("not marked").count(), 1, "{result}");
    }
}

#[test]
fn code_that_can_be_written_is_refused() {
    let sample = Sample {
        writable_code: true,
        ..Sample::default()
    };
    assert!(sample.result().contains(".text"), "{}", sample.result());
    assert!(sample.result().contains("written and executed"));
}

#[test]
fn imports_are_those_of_a_driver() {
    let sample = Sample {
        imports: vec!["ntoskrnl.exe", "WDFLDR.SYS", "NETIO.SYS", "KERNEL32.dll"],
        ..Sample::default()
    };
    assert!(
        sample.result().contains("imports from KERNEL32.dll"),
        "{}",
        sample.result()
    );

    let sample = Sample {
        imports: vec!["ntoskrnl.exe"],
        ..Sample::default()
    };
    let result = sample.result();
    assert!(
        result.contains("imports nothing from WDFLDR.SYS"),
        "{result}"
    );
    assert!(
        result.contains("imports nothing from NETIO.SYS"),
        "{result}"
    );
}

#[test]
fn a_changed_byte_breaks_the_checksum() {
    let mut data = Sample::default().bytes();
    let last = data.len() - 1;
    data[last] ^= 1;
    let error = check(&data, &[]).unwrap_err().to_string();
    assert!(error.contains("checksum"), "{error}");
}

#[test]
fn an_image_may_need_no_relocations() {
    let sample = Sample {
        relocations: Relocations::Needless,
        ..Sample::default()
    };
    check(&sample.bytes(), &["NETIO.SYS"]).unwrap();
}
