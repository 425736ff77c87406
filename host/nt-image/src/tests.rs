//! The loader, with images made here.

use std::path::Path;

use object::pe;
use object::write::pe::{NtHeaders, Writer};

use crate::{Export, Image, LoadError, Unresolved};

const PAGE: u32 = 0x1000;
const FILE_ALIGNMENT: u32 = 0x200;
const BASE: u64 = 0x1_4000_0000;
/// What the image adds to what it calls.
const CONSTANT: u32 = 40;

/// Addresses for what is not exported; no test uses them.
struct Stubs;

impl Unresolved for Stubs {
    fn function(&self, _name: String) -> usize {
        1
    }

    fn data(&self, _name: String) -> usize {
        2
    }
}

/// How an image differs from a sound one.
struct Recipe {
    machine: pe::Machine,
    subsystem: pe::Subsystem,
    characteristics: pe::FileFlags,
    code_flags: pe::SectionFlags,
    entry: u32,
    tls: u32,
    import: [u8; 8],
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            machine: pe::IMAGE_FILE_MACHINE_AMD64,
            subsystem: pe::IMAGE_SUBSYSTEM_NATIVE,
            characteristics: pe::IMAGE_FILE_EXECUTABLE_IMAGE,
            code_flags: pe::IMAGE_SCN_CNT_CODE | pe::IMAGE_SCN_MEM_EXECUTE | pe::IMAGE_SCN_MEM_READ,
            entry: PAGE,
            tls: 0,
            import: *b"Answer\0\0",
        }
    }
}

impl Recipe {
    /// The image's file: code that calls its import and adds a constant that it finds through a
    /// pointer.
    fn make(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut writer = Writer::new(true, PAGE, FILE_ALIGNMENT, &mut file);
        writer.reserve_dos_header_and_stub();
        writer.reserve_nt_headers(16);
        writer.reserve_section_headers(4);
        let text = writer.reserve_section(*b".text\0\0\0", self.code_flags, 64, 64);
        let data = writer.reserve_rdata_section(16);
        let imports = Imports::at(data.virtual_address + PAGE, self.import);
        let idata = writer.reserve_idata_section(u32::try_from(imports.bytes.len()).unwrap());
        writer.add_reloc(data.virtual_address, pe::IMAGE_REL_BASED_DIR64);
        writer.reserve_reloc_section();
        writer.set_data_directory(9, self.tls, self.tls);
        writer.write_dos_header_and_stub().unwrap();
        writer.write_nt_headers(self.headers());
        writer.write_section_headers();
        let code = code(text.virtual_address, imports.address, data.virtual_address);
        writer.write_section(text.file_offset, &code);
        let pointer = BASE + u64::from(data.virtual_address) + 8;
        let constants = [pointer.to_le_bytes(), u64::from(CONSTANT).to_le_bytes()].concat();
        writer.write_section(data.file_offset, &constants);
        writer.write_section(idata.file_offset, &imports.bytes);
        writer.write_reloc_section();
        file
    }

    fn headers(&self) -> NtHeaders {
        NtHeaders {
            machine: self.machine,
            time_date_stamp: 0,
            characteristics: self.characteristics,
            major_linker_version: 14,
            minor_linker_version: 0,
            address_of_entry_point: self.entry,
            image_base: BASE,
            major_operating_system_version: 10,
            minor_operating_system_version: 0,
            major_image_version: 10,
            minor_image_version: 0,
            major_subsystem_version: 10,
            minor_subsystem_version: 0,
            subsystem: self.subsystem,
            dll_characteristics: pe::DllFlags(0),
            size_of_stack_reserve: 0,
            size_of_stack_commit: 0,
            size_of_heap_reserve: 0,
            size_of_heap_commit: 0,
        }
    }

    fn load(&self) -> Result<Image, LoadError> {
        let answer = answer as *const () as usize;
        let exports = [Export::ntoskrnl("Answer", answer)];
        Image::from_bytes(Path::new("made.sys"), &self.make(), &exports, &Stubs)
    }
}

/// An import table for one function of ntoskrnl.
struct Imports {
    bytes: Vec<u8>,
    /// Where the loader puts the function's address.
    address: u32,
}

impl Imports {
    fn at(start: u32, function: [u8; 8]) -> Self {
        const MODULE: [u8; 16] = *b"NTOSKRNL.exe\0\0\0\0";
        let (module, hint, names, addresses) = (start + 40, start + 56, start + 72, start + 88);
        let descriptor = [names, 0, 0, module, addresses];
        let mut bytes: Vec<u8> = descriptor
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        bytes.resize(40, 0);
        bytes.extend(MODULE);
        // A hint of 0, then the name, padded.
        bytes.extend([0; 2]);
        bytes.extend(function);
        bytes.extend([0; 6]);
        for _ in 0..2 {
            bytes.extend(u64::from(hint).to_le_bytes());
            bytes.extend([0; 8]);
        }
        Self {
            bytes,
            address: addresses,
        }
    }
}

/// `sub rsp, 28h; call [import]; mov rcx, [pointer]; add eax, [rcx]; add rsp, 28h; ret`
fn code(start: u32, import: u32, pointer: u32) -> Vec<u8> {
    let mut code = vec![0x48, 0x83, 0xEC, 0x28, 0xFF, 0x15];
    code.extend((import - (start + 10)).to_le_bytes());
    code.extend([0x48, 0x8B, 0x0D]);
    code.extend((pointer - (start + 17)).to_le_bytes());
    code.extend([0x03, 0x01, 0x48, 0x83, 0xC4, 0x28, 0xC3]);
    code
}

extern "win64" fn answer() -> u32 {
    2
}

#[test]
fn an_image_runs_where_it_was_not_linked_for() {
    let image = Recipe::default().load().unwrap();
    assert_ne!(image.base() as u64, BASE);
    assert!(image.missing().is_empty());
    // SAFETY: the code above, which takes nothing and returns a number.
    let entry: extern "win64" fn() -> u32 = unsafe { std::mem::transmute(image.entry()) };
    assert_eq!(entry(), 2 + CONSTANT);
}

#[test]
fn an_image_with_missing_imports_loads_and_lists_them() {
    let import = *b"KeFoo\0\0\0";
    let image = Recipe {
        import,
        ..Recipe::default()
    }
    .load()
    .unwrap();
    assert_eq!(image.missing(), ["NTOSKRNL.exe!KeFoo"]);
}

#[test]
fn an_image_for_another_processor_is_refused() {
    let machine = pe::IMAGE_FILE_MACHINE_ARM64;
    let error = Recipe {
        machine,
        ..Recipe::default()
    }
    .load()
    .unwrap_err();
    assert!(
        matches!(error, LoadError::Machine { machine: 0xAA64 }),
        "{error}"
    );
}

#[test]
fn a_program_is_refused() {
    let subsystem = pe::IMAGE_SUBSYSTEM_WINDOWS_CUI;
    let error = Recipe {
        subsystem,
        ..Recipe::default()
    }
    .load()
    .unwrap_err();
    assert!(
        matches!(error, LoadError::Subsystem { subsystem: 3 }),
        "{error}"
    );
}

#[test]
fn an_image_without_relocations_is_refused() {
    let characteristics = pe::IMAGE_FILE_EXECUTABLE_IMAGE | pe::IMAGE_FILE_RELOCS_STRIPPED;
    let error = Recipe {
        characteristics,
        ..Recipe::default()
    }
    .load()
    .unwrap_err();
    assert!(matches!(error, LoadError::NoRelocations), "{error}");
}

#[test]
fn code_that_can_be_written_is_refused() {
    let sound = Recipe::default();
    let code_flags = sound.code_flags | pe::IMAGE_SCN_MEM_WRITE;
    let error = Recipe {
        code_flags,
        ..sound
    }
    .load()
    .unwrap_err();
    assert!(matches!(error, LoadError::WritableCode { .. }), "{error}");
}

#[test]
fn an_entry_point_outside_of_code_is_refused() {
    let entry = 2 * PAGE;
    let error = Recipe {
        entry,
        ..Recipe::default()
    }
    .load()
    .unwrap_err();
    assert!(matches!(error, LoadError::NoEntry), "{error}");
}

#[test]
fn thread_local_storage_is_refused() {
    let tls = 40;
    let error = Recipe {
        tls,
        ..Recipe::default()
    }
    .load()
    .unwrap_err();
    assert!(matches!(error, LoadError::ThreadLocalStorage), "{error}");
}

#[test]
fn what_is_cut_off_or_no_image_is_refused() {
    let whole = Recipe::default().make();
    for length in [0, 2, 64, 300, 700, whole.len() - FILE_ALIGNMENT as usize] {
        let error =
            Image::from_bytes(Path::new("cut.sys"), &whole[..length], &[], &Stubs).map(drop);
        assert!(error.is_err(), "{length} bytes");
    }
}
