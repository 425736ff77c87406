//! Signatures and catalog, held against an independent tool: osslsigncode.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile64};
use object::{LittleEndian as LE, pe};
use sha2::{Digest, Sha256};

use crate::package::{packaged, read, root};

fn verify(file: &Path, catalog: Option<&Path>) -> Output {
    let mut command = Command::new("osslsigncode");
    command
        .args(["verify", "-CAfile"])
        .arg(root().join("target/test-certificate/certificate.pem"));
    if let Some(catalog) = catalog {
        command.arg("-catalog").arg(catalog);
    }
    command.arg("-in").arg(file);
    command.output().expect("osslsigncode is installed")
}

fn accepted(file: &Path, catalog: Option<&Path>) {
    let output = verify(file, catalog);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {text}", file.display());
    assert!(text.contains("Succeeded"), "{text}");
}

#[test]
fn the_image_is_signed() {
    accepted(&packaged("driver.sys"), None);
}

#[test]
fn the_catalog_is_signed_and_the_image_is_its_member() {
    accepted(&packaged("driver.cat"), None);
    accepted(&packaged("driver.sys"), Some(&packaged("driver.cat")));
}

#[test]
fn the_image_is_a_member_without_its_own_signature_too() {
    accepted(&tests::driver_image(), Some(&packaged("driver.cat")));
}

#[test]
fn a_changed_image_is_refused_by_both() {
    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("driver.sys");
    let mut bytes = read(&packaged("driver.sys"));
    // The first byte of the code.
    let code = PeFile64::parse(&*bytes).unwrap();
    let code = code
        .section_table()
        .section(object::SectionIndex(1))
        .unwrap();
    let code = usize::try_from(code.pointer_to_raw_data.get(LE)).unwrap();
    bytes[code] ^= 1;
    fs::write(&changed, bytes).unwrap();
    assert!(!verify(&changed, None).status.success());
    assert!(
        !verify(&changed, Some(&packaged("driver.cat")))
            .status
            .success()
    );
}

#[test]
fn another_program_is_not_a_member_of_the_catalog() {
    let output = verify(&packaged("routectl.exe"), Some(&packaged("driver.cat")));
    assert!(!output.status.success());
}

/// What a signature signs, by its definition: everything but the checksum, the directory entry of
/// the signature, and the signature.
fn authenticode(image: &[u8]) -> [u8; 32] {
    let file = PeFile64::parse(image).unwrap();
    let optional = usize::try_from(file.dos_header().nt_headers_offset()).unwrap() + 24;
    // Absent in an image that is not signed.
    let signature = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_SECURITY);
    let end = signature.map_or(image.len(), |signature| {
        usize::try_from(signature.address_range().0).unwrap()
    });
    let (checksum, directory) = (optional + 64, optional + 112 + 4 * 8);
    let mut hash = Sha256::new();
    hash.update(&image[..checksum]);
    hash.update(&image[checksum + 4..directory]);
    hash.update(&image[directory + 8..end]);
    hash.finalize().into()
}

#[test]
fn signing_changes_no_byte_that_is_signed() {
    let built = read(&tests::driver_image());
    let signed = read(&packaged("driver.sys"));
    assert_eq!(authenticode(&built), authenticode(&signed));
    let optional = |bytes: &[u8]| {
        let file = PeFile64::parse(bytes).unwrap();
        file.nt_headers().optional_header().check_sum()
    };
    assert_ne!(
        optional(&built),
        optional(&signed),
        "the signature is in the sum"
    );
}

#[test]
fn the_catalog_lists_both_files_and_the_device() {
    let catalog = read(&packaged("driver.cat"));
    let place = |bytes: &[u8]| catalog.windows(bytes.len()).position(|at| at == bytes);
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };

    let image = authenticode(&read(&packaged("driver.sys")));
    let inf: [u8; 32] = Sha256::digest(read(&packaged("driver.inf"))).into();
    // Each hash is there as a member's identifier (an octet string), in order.
    let member = |hash: &[u8; 32]| place(&[&[0x04, 0x20], hash.as_slice()].concat());
    let (first, second) = (image.min(inf), image.max(inf));
    assert!(member(&first).unwrap() < member(&second).unwrap());

    for text in [
        "driver.sys\0",
        "driver.inf\0",
        "2:10.0\0",
        "_v100_X64\0",
        "root\\ipforward\0",
    ] {
        assert!(
            place(&utf16(text)).is_some(),
            "{text:?} is not in the catalog"
        );
    }
}

#[test]
fn the_certificate_is_the_signer_and_for_code_only() {
    let certificate = read(&packaged("test-certificate.cer"));
    for signed in ["driver.sys", "driver.cat"] {
        let bytes = read(&packaged(signed));
        let mut places = bytes.windows(certificate.len());
        assert!(places.any(|at| at == certificate), "{signed}");
    }
    let output = Command::new("openssl")
        .args([
            "x509",
            "-inform",
            "DER",
            "-noout",
            "-ext",
            "extendedKeyUsage,basicConstraints",
            "-in",
        ])
        .arg(packaged("test-certificate.cer"))
        .output()
        .expect("openssl is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("Code Signing") && text.contains("CA:FALSE"),
        "{text}"
    );
}
