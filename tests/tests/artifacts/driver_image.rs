//! What the driver image is made of.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand};
use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, ImageThunkData, PeFile64};
use tests::driver_image;

fn with_image<R>(look: impl FnOnce(&PeFile64<'_>) -> R) -> R {
    let bytes = fs::read(driver_image()).unwrap();
    look(&PeFile64::parse(&*bytes).expect("a PE32+ image"))
}

/// What the image imports, as `MODULE!Function`.
fn imports() -> BTreeSet<String> {
    with_image(|image| {
        let table = image.import_table().unwrap().expect("an import table");
        let mut imports = BTreeSet::new();
        let mut descriptors = table.descriptors().unwrap();
        while let Some(descriptor) = descriptors.next().unwrap() {
            let module = table.name(descriptor.name.get(LE)).unwrap();
            let module = String::from_utf8(module.to_vec()).unwrap();
            let mut thunks = table
                .thunks(descriptor.original_first_thunk.get(LE))
                .unwrap();
            while let Some(thunk) = thunks.next::<pe::ImageNtHeaders64>().unwrap() {
                let (_hint, name) = table.hint_name(thunk.address()).unwrap();
                imports.insert(format!("{module}!{}", String::from_utf8_lossy(name)));
            }
        }
        imports
    })
}

#[test]
fn the_image_is_a_relocatable_native_x64_driver() {
    with_image(|image| {
        let headers = image.nt_headers();
        let optional = headers.optional_header();
        assert_eq!(
            headers.file_header().machine.get(LE),
            pe::IMAGE_FILE_MACHINE_AMD64
        );
        assert_eq!(optional.subsystem(), pe::IMAGE_SUBSYSTEM_NATIVE);
        let relocations = image.data_directory(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC);
        assert!(relocations.is_some_and(|directory| directory.size.get(LE) > 0));
        for flag in [
            pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
            pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE,
            pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA,
        ] {
            assert!(optional.dll_characteristics().contains(flag), "{flag:?}");
        }
    });
}

#[test]
fn no_section_is_writable_and_executable() {
    with_image(|image| {
        for section in image.section_table().iter() {
            let flags = section.characteristics.get(LE);
            let both = pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE;
            assert!(!flags.contains(both), "{:?}", section.raw_name());
        }
    });
}

#[test]
fn the_image_imports_only_what_a_route_driver_needs() {
    let modules: BTreeSet<String> = imports()
        .iter()
        .filter_map(|import| import.split_once('!'))
        .map(|(module, _)| module.to_ascii_lowercase())
        .collect();
    let allowed = [
        "hal.dll",
        "ndis.sys",
        "netio.sys",
        "ntoskrnl.exe",
        "wdfldr.sys",
    ];
    assert!(
        modules
            .iter()
            .all(|module| allowed.contains(&module.as_str())),
        "{modules:?}"
    );
}

#[test]
fn the_image_imports_the_route_api_and_binds_to_the_framework() {
    let imports = imports();
    for import in [
        "NDIS.SYS!NdisGetThreadObjectCompartmentId",
        "NDIS.SYS!NdisSetThreadObjectCompartmentId",
        "NETIO.SYS!CreateIpForwardEntry2",
        "NETIO.SYS!DeleteIpForwardEntry2",
        "NETIO.SYS!FreeMibTable",
        "NETIO.SYS!GetIpForwardEntry2",
        "NETIO.SYS!GetIpForwardTable2",
        "NETIO.SYS!InitializeIpForwardEntry",
        "WDFLDR.SYS!WdfVersionBind",
        "WDFLDR.SYS!WdfVersionUnbind",
        "ntoskrnl.exe!ExAllocatePool2",
        "ntoskrnl.exe!KeGetCurrentIrql",
    ] {
        assert!(
            imports.contains(import),
            "{import} is not among {imports:?}"
        );
    }
}

/// Source files whose panics are left in the image, with the reason why none of them can happen.
/// A panic carries the name of its file.
const UNREACHABLE_PANICS: &[(&str, &str)] = &[
    (
        "src/wdf/",
        "calls through the framework's function table: upstream's macro checks the index against \
         the table's length, which only the framework knows",
    ),
    (
        "/src/wdf/",
        "the same in upstream's own wrappers of spin lock and timer",
    ),
    (
        "alloc/src/alloc",
        "what `Vec::push` would do if it had to grow: room is reserved before, fallibly",
    ),
    (
        "allocator-api2-0.4.0/src/raw_vec",
        "what `Vec::push` would do if it had to grow: room is reserved before, fallibly",
    ),
];

#[test]
fn the_image_contains_only_unreachable_panics() {
    let bytes = fs::read(driver_image()).unwrap();
    // Toolchains write the paths of the library with either slash.
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let text = text.replace('\\', "/");
    let is_of_a_path = |character: char| character.is_ascii_graphic();
    let sources: BTreeSet<&str> = text
        .match_indices(".rs")
        .map(|(end, _)| {
            let start = text[..end].trim_end_matches(is_of_a_path).len();
            &text[start..end]
        })
        .filter(|path| path.len() > 2)
        .collect();
    for source in &sources {
        let reason = UNREACHABLE_PANICS
            .iter()
            .find(|(path, _)| source.contains(path));
        let (_, reason) = reason.unwrap_or_else(|| panic!("{source}.rs can panic: {sources:?}"));
        println!("{source}.rs: {reason}");
    }
    for (path, _) in UNREACHABLE_PANICS {
        let is_left = sources.iter().any(|source| source.contains(path));
        assert!(is_left, "no panic of {path} is left: take it off the list");
    }
}

fn metadata() -> Metadata {
    metadata_of("../Cargo.toml")
}

/// The metadata of a workspace, whose manifest is named from the folder of these tests.
fn metadata_of(manifest: &str) -> Metadata {
    MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join(manifest))
        .other_options(["--locked".to_owned()])
        .exec()
        .unwrap()
}

#[test]
fn the_lock_file_names_the_upstream_crates_from_the_registry() {
    let shipped = metadata();
    // The driver that ships has an allocator of its own: docs/adr/own-allocator.md.
    let tests = metadata_of("drivers/Cargo.toml");
    for (metadata, name) in [
        (&shipped, "wdk"),
        (&shipped, "wdk-sys"),
        (&shipped, "wdk-build"),
        (&shipped, "wdk-panic"),
        (&tests, "wdk-alloc"),
    ] {
        let package = metadata
            .packages
            .iter()
            .find(|package| package.name.as_str() == name);
        let source = package.and_then(|package| package.source.as_ref());
        assert!(
            source.is_some_and(cargo_metadata::Source::is_crates_io),
            "{name}: {source:?}"
        );
    }
}

/// cargo-wdk and wdk-build's tasks for cargo-make look for these, and say little if they miss them.
#[test]
fn microsofts_tools_find_the_driver_by_name_and_metadata() {
    let metadata = metadata();
    let drivers: Vec<_> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| !package.metadata["wdk"].is_null())
        .collect();
    let [driver] = drivers[..] else {
        panic!("there is not one driver: {drivers:?}");
    };
    // The root, so that they find it where they are run.
    assert_eq!(
        driver.manifest_path.parent(),
        Some(&*metadata.workspace_root)
    );
    assert!(metadata.workspace_metadata["wdk"].is_null());
    let model = serde_json::json!({
        "driver-type": "KMDF",
        "kmdf-version-major": 1,
        "target-kmdf-version-minor": 31,
    });
    assert_eq!(driver.metadata["wdk"]["driver-model"], model);

    // All their files are named like the package; the image is renamed to .sys only.
    let name = driver.name.replace('-', "_");
    let library = driver.targets.iter().find(|target| target.is_cdylib());
    assert_eq!(library.map(|library| library.name.as_str()), Some(&*name));
    let inf = metadata.workspace_root.join(format!("{name}.inx"));
    let inf = fs::read_to_string(&inf).unwrap_or_else(|error| panic!("{inf}: {error}"));
    for file in [format!("{name}.sys"), format!("{name}.cat")] {
        assert!(inf.contains(&file), "{file} is not in the INF file");
    }
}

/// The arguments of `stampinf`, a line each.
fn stamp_arguments(makefile: &str) -> Vec<&str> {
    let mut lines = makefile.lines().map(str::trim);
    assert!(lines.any(|line| line == "[tasks.stampinf]"), "no such task");
    assert_eq!(lines.next(), Some("args = ["));
    lines.take_while(|line| *line != "]").collect()
}

#[test]
fn cargo_make_stamps_as_wdk_build_does_but_for_the_version() {
    let metadata = metadata();
    let wdk_build = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "wdk-build")
        .unwrap();
    let theirs = wdk_build
        .manifest_path
        .with_file_name("rust-driver-makefile.toml");
    let theirs = fs::read_to_string(theirs).unwrap();
    let ours = fs::read_to_string(metadata.workspace_root.join("Makefile.toml")).unwrap();

    let mut expected = stamp_arguments(&theirs);
    let version = expected.iter().position(|argument| *argument == "\"-v\",");
    expected[version.unwrap() + 1] = "\"${CARGO_MAKE_CRATE_VERSION}.0\",";
    assert_eq!(stamp_arguments(&ours), expected);
}
