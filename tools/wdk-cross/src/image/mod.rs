//! Checks of a driver image, made after each build.

use std::collections::BTreeSet;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use object::LittleEndian as LE;
use object::pe;
use object::read::pe::ImageNtHeaders;
use object::read::pe::ImageOptionalHeader;
use object::read::pe::PeFile64;

/// The size of a page: sections with a smaller alignment cannot be protected separately.
const PAGE: u32 = 4096;

/// The system files that a driver may import from.
const ALLOWED_IMPORTS: &[&str] = &[
    "ntoskrnl.exe",
    "WDFLDR.SYS",
    "NETIO.SYS",
    "NDIS.SYS",
    "HAL.dll",
    "WMILIB.SYS",
];

/// The system files that every KMDF driver imports from.
const FRAMEWORK_IMPORTS: &[&str] = &["ntoskrnl.exe", "WDFLDR.SYS"];

/// The bits of the header that a driver must have, by name.
const CHARACTERISTICS: &[(pe::DllFlags, &str)] = &[
    (pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, "DYNAMICBASE"),
    (
        pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA,
        "HIGHENTROPYVA",
    ),
    (pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT, "NXCOMPAT"),
    (
        pe::IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY,
        "INTEGRITYCHECK",
    ),
];

/// Checks the image of a KMDF driver. `required` are system files that it must import from, besides
/// those of every KMDF driver.
///
/// # Errors
///
/// All that is wrong, in one error.
pub fn check(data: &[u8], required: &[&str]) -> Result<()> {
    check_any(data, &[FRAMEWORK_IMPORTS, required].concat())
}

/// Checks the image of a driver of any model, which must import from the `required` system files.
pub(crate) fn check_any(data: &[u8], required: &[&str]) -> Result<()> {
    let image = PeFile64::parse(data).context("not a 64-bit PE image")?;
    let mut wrong = Vec::new();
    header(&image, &mut wrong);
    sections(&image, &mut wrong);
    imports(&image, required, &mut wrong)?;
    if checksum(data) != Some(image.nt_headers().optional_header().check_sum()) {
        wrong.push("its checksum does not match the file".to_owned());
    }
    if !wrong.is_empty() {
        bail!(
            "Windows would not load this driver image:\n  - {}",
            wrong.join("\n  - ")
        );
    }
    Ok(())
}

fn header(image: &PeFile64, wrong: &mut Vec<String>) {
    let headers = image.nt_headers();
    let machine = headers.file_header().machine.get(LE);
    if machine != pe::IMAGE_FILE_MACHINE_AMD64 {
        wrong.push(format!("its machine is {machine:#x}, not x86-64"));
    }
    let optional = headers.optional_header();
    if optional.subsystem() != pe::IMAGE_SUBSYSTEM_NATIVE {
        wrong.push(format!(
            "its subsystem is {}, not native",
            optional.subsystem()
        ));
    }
    if optional.address_of_entry_point() == 0 {
        wrong.push("it has no entry point".to_owned());
    }
    if optional.section_alignment() != PAGE {
        wrong.push(format!(
            "its sections are aligned to {} bytes, not to a page",
            optional.section_alignment()
        ));
    }
    let missing = CHARACTERISTICS
        .iter()
        .filter(|(bit, _)| !optional.dll_characteristics().contains(*bit));
    for (_, name) in missing {
        wrong.push(format!("it is not marked {name}"));
    }
    // An image without addresses of its own has no relocations and needs none.
    let characteristics = headers.file_header().characteristics.get(LE);
    if characteristics.contains(pe::IMAGE_FILE_RELOCS_STRIPPED) {
        wrong.push("its relocations are stripped, so it cannot be loaded anywhere".to_owned());
    }
}

fn sections(image: &PeFile64, wrong: &mut Vec<String>) {
    for section in image.section_table().iter() {
        let characteristics = section.characteristics.get(LE);
        if characteristics.contains(pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE) {
            let name = String::from_utf8_lossy(section.raw_name()).into_owned();
            wrong.push(format!("its section {name} can be written and executed"));
        }
    }
}

fn imports(image: &PeFile64, required: &[&str], wrong: &mut Vec<String>) -> Result<()> {
    let mut found = BTreeSet::new();
    if let Some(table) = image.import_table().context("damaged import table")? {
        let mut descriptors = table.descriptors().context("damaged import table")?;
        while let Some(descriptor) = descriptors.next().context("damaged import table")? {
            let name = table
                .name(descriptor.name.get(LE))
                .context("damaged import table")?;
            found.insert(String::from_utf8_lossy(name).into_owned());
        }
    }
    for name in found
        .iter()
        .filter(|name| !ALLOWED_IMPORTS.contains(&name.as_str()))
    {
        wrong.push(format!("it imports from {name}"));
    }
    for name in required.iter().filter(|&&name| !found.contains(name)) {
        wrong.push(format!("it imports nothing from {name}"));
    }
    Ok(())
}

/// The checksum of an image: the sum over all 16-bit words except the field's own, folded to 16 bits,
/// plus the length. `None` if the image is cut off.
#[must_use]
pub fn checksum(data: &[u8]) -> Option<u32> {
    let field = checksum_offset(data)?;
    let mut sum = 0_u32;
    for (index, word) in data.chunks(2).enumerate() {
        if !(field..field + 4).contains(&(index * 2)) {
            let high = word.get(1).map_or(0, |&byte| u32::from(byte) << 8);
            sum += u32::from(word[0]) | high;
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
    }
    u32::try_from(data.len())
        .ok()
        .map(|length| sum.wrapping_add(length))
}

/// The offset of the checksum in the file: 64 bytes into the optional header, which follows signature and file
/// header.
#[must_use]
pub fn checksum_offset(data: &[u8]) -> Option<usize> {
    let start = data.get(0x3C..0x40)?;
    let start = u32::from_le_bytes(start.try_into().ok()?);
    Some(usize::try_from(start).ok()? + 4 + 20 + 64)
}

#[cfg(test)]
pub(crate) mod tests;
