//! What Windows and its memory integrity (HVCI) ask of a driver's image.

use std::collections::BTreeSet;

use object::read::archive::ArchiveFile;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, ImageThunkData, PeFile64};
use object::{LittleEndian as LE, pe};

use crate::package::{noted, packaged, read, root};

const PAGE: u32 = 4096;

/// What MinGW's import libraries do not know, being older, and which Windows first had it.
const NEWER: [(&str, &str); 3] = [
    ("ExAllocatePool2", "Windows 10 2004"),
    ("KeQueryInterruptTimePrecise", "Windows 8.1"),
    ("__chkstk", "Windows XP x64"),
];

fn with_image<R>(look: impl FnOnce(&PeFile64<'_>) -> R) -> R {
    look(&PeFile64::parse(&*read(&packaged("driver.sys"))).expect("a PE32+ image"))
}

#[test]
fn pages_are_code_or_data_and_never_both() {
    with_image(|image| {
        let optional = image.nt_headers().optional_header();
        assert_eq!(optional.section_alignment(), PAGE);
        for section in image.section_table().iter() {
            let flags = section.characteristics.get(LE);
            let name = String::from_utf8_lossy(section.raw_name()).into_owned();
            assert_eq!(section.virtual_address.get(LE) % PAGE, 0, "{name}");
            let both = pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE;
            assert!(!flags.contains(both), "{name} can be written and executed");
            assert!(
                !flags.contains(pe::IMAGE_SCN_MEM_SHARED),
                "{name} is shared"
            );
            let is_code = flags.contains(pe::IMAGE_SCN_MEM_EXECUTE);
            assert_eq!(is_code, name.trim_end_matches('\0') == ".text", "{name}");
        }
    });
}

#[test]
fn the_import_address_table_cannot_be_written() {
    with_image(|image| {
        let table = image.data_directory(pe::IMAGE_DIRECTORY_ENTRY_IAT).unwrap();
        let (start, size) = table.address_range();
        assert!(size > 0);
        let section = image.section_table().section_containing(start).unwrap();
        let flags = section.characteristics.get(LE);
        assert!(!flags.contains(pe::IMAGE_SCN_MEM_WRITE));
    });
}

#[test]
fn the_image_is_relocatable_and_its_data_not_executable() {
    with_image(|image| {
        let flags = image.nt_headers().optional_header().dll_characteristics();
        for wanted in [
            pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE,
            pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA,
            pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
        ] {
            assert!(flags.contains(wanted), "{wanted:?}");
        }
    });
}

#[test]
fn every_import_is_as_old_as_windows_10_2004() {
    let mut known = NEWER.map(|(name, _)| name.to_owned()).to_vec();
    for library in ["libntoskrnl.a", "libnetio.a", "libndis.a"] {
        let bytes = read(&noted("mingw-libraries.path").join(library));
        let archive = ArchiveFile::parse(&*bytes).unwrap();
        let symbols = archive.symbols().unwrap().expect("a table of symbols");
        known.extend(
            symbols.map(|symbol| String::from_utf8_lossy(symbol.unwrap().name()).into_owned()),
        );
    }
    // The loader of the framework is as old as the framework.
    known.extend(["WdfVersionBind", "WdfVersionUnbind"].map(str::to_owned));
    let known: BTreeSet<_> = known.into_iter().collect();
    let unknown: Vec<_> = imports()
        .into_iter()
        .filter(|name| !known.contains(name))
        .collect();
    assert!(
        unknown.is_empty(),
        "say in NEWER which Windows first had {unknown:?}; it has to be 10 2004 or earlier"
    );
}

fn imports() -> Vec<String> {
    with_image(|image| {
        let table = image.import_table().unwrap().expect("an import table");
        let mut names = Vec::new();
        let mut descriptors = table.descriptors().unwrap();
        while let Some(descriptor) = descriptors.next().unwrap() {
            let first = descriptor.original_first_thunk.get(LE);
            let mut thunks = table.thunks(first).unwrap();
            while let Some(thunk) = thunks.next::<pe::ImageNtHeaders64>().unwrap() {
                let (_, name) = table.hint_name(thunk.address()).unwrap();
                names.push(String::from_utf8_lossy(name).into_owned());
            }
        }
        names
    })
}

#[test]
fn the_debug_information_is_that_of_the_image() {
    let symbols = read(&packaged("driver.pdb"));
    let bytes = read(&packaged("driver.sys"));
    let record = bytes.windows(4).position(|at| at == b"RSDS").unwrap() + 4;
    let guid = &bytes[record..record + 16];
    assert!(symbols.windows(16).any(|at| at == guid));
}

#[test]
fn the_version_resource_says_what_the_inf_file_says() {
    let strings = version_strings();
    let string = |key: &str| {
        let at = strings.iter().position(|string| string == key);
        at.and_then(|at| strings.get(at + 1))
            .map_or("", String::as_str)
    };
    let inf = String::from_utf8(read(&packaged("driver.inf"))).unwrap();
    let in_inf = |key: &str| {
        let line = inf.lines().find(|line| line.trim_start().starts_with(key));
        let value = line
            .and_then(|line| line.split_once('='))
            .map_or("", |(_, value)| value);
        value.trim().trim_matches('"').to_owned()
    };
    assert_eq!(string("CompanyName"), in_inf("ProviderName"));
    assert_eq!(string("FileDescription"), in_inf("ServiceDescription"));
    assert_eq!(string("OriginalFilename"), "driver.sys");
    let stamp = in_inf("DriverVer");
    let (_, version) = stamp.split_once(',').unwrap();
    assert_eq!(string("FileVersion"), version);
    assert_eq!(string("ProductVersion"), version);
}

/// All text in the resources, in order: keys, each before its value.
fn version_strings() -> Vec<String> {
    with_image(|image| {
        let directory = image
            .data_directory(pe::IMAGE_DIRECTORY_ENTRY_RESOURCE)
            .unwrap();
        assert!(directory.size.get(LE) > 0, "the image has no resources");
        let data = directory
            .data(image.data(), &image.section_table())
            .unwrap();
        let words: Vec<u16> = data
            .chunks_exact(2)
            .map(|word| u16::from_le_bytes([word[0], word[1]]))
            .collect();
        let texts = words.split(|&word| word < 0x20);
        texts
            .filter(|text| text.len() > 2)
            .map(String::from_utf16_lossy)
            .collect()
    })
}

#[test]
fn a_build_in_another_folder_gives_the_same_bytes() {
    let again = root().join("target/again/driver.sys");
    assert_eq!(read(&tests::driver_image()), read(&again));
}
