//! The kit as it is laid out from the packages of this machine.

use super::*;

/// The units of the kit's libraries.
const UNITS: [&str; 3] = ["src/driver_entry.c", "src/wdmsec.c", "src/wdmsec_sddl.c"];

/// An empty folder for a kit. A random name can have "wdf" in it, which no kit can be laid out under.
fn folder() -> tempfile::TempDir {
    loop {
        let folder = tempfile::tempdir().unwrap();
        if refuse_misleading_path(folder.path()).is_ok() {
            return folder;
        }
    }
}

#[test]
fn a_path_that_misleads_wdk_sys_is_refused() {
    let error = refuse_misleading_path(Path::new("/home/me/My-WDF-driver/target/kit"));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`My-WDF-driver`"), "{error}");
    assert!(refuse_misleading_path(Path::new("/home/me/driver/target/kit")).is_ok());
}

#[test]
#[ignore = "needs LLVM and MinGW-w64, which `cargo xtask build` installs"]
fn the_kit_is_laid_out_for_both_versions_without_a_warning() {
    let tools = crate::tools::find().unwrap();
    let folder = folder();
    for minor in KMDF_MINORS {
        let kit = Kit::lay_out(&tools, folder.path(), minor).unwrap();
        for unit in UNITS.iter().chain(&ASSERTS) {
            let mut compiler = kit.compiler(&tools, minor);
            compiler.args(["-fsyntax-only", "-Wall", "-Wextra", "-Werror"]);
            program::output(compiler.arg(folder.path().join("source").join(unit))).unwrap();
        }
    }
}

#[test]
#[ignore = "needs LLVM and MinGW-w64, which `cargo xtask build` installs"]
fn a_wrong_value_is_an_error() {
    let tools = crate::tools::find().unwrap();
    let folder = folder();
    let kit = Kit::lay_out(&tools, folder.path(), 31).unwrap();
    let right = wdk_kit::text("tests/values.c").unwrap();
    for (from, to) in [
        ("(WdfTrue, 1)", "(WdfTrue, 2)"),
        (
            "(STATUS_NOT_FOUND, 0xC0000225)",
            "(STATUS_NOT_FOUND, 0xC0000226)",
        ),
    ] {
        let asserts = folder.path().join("wrong.c");
        let wrong = right.replace(from, to);
        assert_ne!(right, wrong, "{from}");
        fs::write(&asserts, wrong).unwrap();
        assert!(kit.check(&tools, &asserts, 31).is_err(), "{to}");
    }
}

#[test]
#[ignore = "needs LLVM and MinGW-w64, which `cargo xtask build` installs"]
fn a_wrong_layout_is_an_error() {
    let tools = crate::tools::find().unwrap();
    let folder = folder();
    let kit = Kit::lay_out(&tools, folder.path(), 31).unwrap();
    let asserts = folder.path().join("wrong.c");
    let right = wdk_kit::text("tests/layout.c").unwrap();
    let wrong = right.replace("SIZE(WDF_DRIVER_CONFIG, 32)", "SIZE(WDF_DRIVER_CONFIG, 40)");
    assert_ne!(right, wrong);
    fs::write(&asserts, wrong).unwrap();
    let error = format!("{:#}", kit.check(&tools, &asserts, 31).unwrap_err());
    assert!(error.contains("size of WDF_DRIVER_CONFIG"), "{error}");
}

#[test]
#[ignore = "needs LLVM and MinGW-w64, which `cargo xtask build` installs"]
fn laying_out_again_changes_nothing() {
    let tools = crate::tools::find().unwrap();
    let folder = folder();
    let times = || {
        let kit = Kit::lay_out(&tools, folder.path(), 31).unwrap();
        let files = [
            kit.include("km/wdm.h"),
            kit.include("km/crt/intrin.h"),
            kit.include("shared/_mingw.h"),
            kit.root.join("Include/wdf/kmdf/1.31/wdf.h"),
            kit.libraries().join("ntoskrnl.lib"),
            kit.libraries().join("BufferOverflowFastFailK.lib"),
            kit.framework_libraries(31).join("WdfLdr.lib"),
            kit.framework_libraries(31).join("WdfDriverEntry.lib"),
        ];
        files.map(|file| fs::metadata(file).unwrap().modified().unwrap())
    };
    let first = times();
    // Time stamps in what the tools write would have a second's grain.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(first, times());
}
