//! The INF file that ships, held against the documented requirements for a Windows driver.

mod file;
mod files;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use file::Inf;

/// The architectures that a file is stamped for, and where it is then. There is an image for the
/// first only.
const ARCHITECTURES: [(&str, &str); 2] = [
    ("amd64", "target/driver/driver.inf"),
    ("arm64", "target/arm64/driver.inf"),
];

fn folder() -> PathBuf {
    let image = tests::driver_image();
    image.parent().expect("the image is in a folder").to_owned()
}

fn text(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let path = root.expect("the package lies in the repository").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: `cargo xtask test package` makes it",
            path.display()
        )
    })
}

/// What is wrong with a text in the place of the INF file.
fn broken(text: &str, architecture: &str) -> Vec<String> {
    let has_file = |name: &str| folder().join(name).is_file();
    rules::broken(&Inf::parse(text), architecture, has_file)
}

#[test]
fn the_inf_file_keeps_every_rule() {
    for (architecture, path) in ARCHITECTURES {
        let broken = broken(&text(path), architecture);
        assert!(broken.is_empty(), "{architecture}: {broken:#?}");
    }
}

#[test]
fn the_inf_files_differ_only_in_the_architecture() {
    let [amd64, arm64] = ARCHITECTURES.map(|(_, path)| text(path));
    assert_eq!(amd64.replace("NTamd64", "NTarm64"), arm64);
}

#[test]
fn each_inf_rule_finds_a_file_that_breaks_it() {
    // What is replaced, by what, and what is said of it.
    let breaches = [
        ("[Version]", "stray\n[Version]", "belongs to no section"),
        ("[Strings]", "[Version]\nX = 1\n[Strings]", "there twice"),
        ("\"$WINDOWS NT$\"", "\"$CHICAGO$\"", "Signature"),
        ("= System\n", "= Net\n", "class System"),
        ("\"ipforward\"", "\"Microsoft\"", "1204"),
        ("CatalogFile", "Catalog", "1233"),
        ("PnpLockdown = 1", "PnpLockdown = 0", "PnpLockdown"),
        ("DriverVer = ", "DriverVer = 1/1/2026,1.4.1 ;", "1217"),
        (
            "DriverVer = ",
            "DriverVer = 13/01/2026,1.2.3.4 ;",
            "mm/dd/yyyy",
        ),
        ("%DiskName%", "%NoName%", "1235"),
        (
            "[Strings]\n",
            "[Strings]\nIdle = \"x\"\n",
            "Idle is not used",
        ),
        ("[Strings]", "[ClassInstall32]\nX = 1\n[Strings]", "1285"),
        (
            "[Strings]",
            "[IpForward_Device.NT.CoInstallers]\nX = 1\n[Strings]",
            "1300",
        ),
        ("CopyFiles =", "DelFiles = X\nCopyFiles =", "1302"),
        ("CopyFiles =", "Needs = X\nCopyFiles =", "another file"),
        (
            "CopyFiles = IpForward_CopyFiles",
            "CopyFiles = Nowhere",
            "1203",
        ),
        (
            "AddReg = IpForward_Security_AddReg",
            "AddReg = IpForward_CopyFiles",
            "1205",
        ),
        ("[Strings]", "[Unnamed]\nX = 1\n[Strings]", "2083"),
        ("NTa", "NTx86a", "1199"),
        (".10.0...19041", ".6.1", "1199"),
        (".10.0...19041", ".10.0.1..19041", "1199"),
        (", Root\\IpForward", "", "1297"),
        ("DefaultDestDir = 13", "DefaultDestDir = 12", "1306"),
        ("\ndriver.sys\n", "\nipforward.sys,driver.sys\n", "1100"),
        ("\ndriver.sys\n", "\nother.sys\n", "1230"),
        (
            "driver.sys = 1,,",
            "driver.sys = 2,,",
            "disk that is not named",
        ),
        ("driver.sys = 1,,", "driver.sys = 1,x64,", "1100"),
        (
            "driver.sys = 1,,",
            "driver.sys = 1,,\nlost.dll = 1,,",
            "lost.dll is not there",
        ),
        ("%SPSVCINST_ASSOCSERVICE%", "0", "1296"),
        ("StartType     = 3", "StartType     = 0", "StartType"),
        (
            "%13%\\driver.sys",
            "%12%\\driver.sys",
            "no file that this package copies",
        ),
        (
            "KmdfService = IpForward",
            "KmdfService = Other",
            "does not name the service",
        ),
        (";;;BA)", ";;;WD)", "the contract's security descriptor"),
        ("0x0100\n", "0x0000\n", "open to every user"),
        ("HKR,,Security", "HKLM,,Security", "1304"),
        ("HKR,,Security,,", "HKR,,CoInstallers32,0x00010000,", "1303"),
        ("HKR,,Security,,", "HKR,,Security,0x00010008,", "1305"),
    ];
    for (architecture, path) in ARCHITECTURES {
        let right = text(path);
        for (from, to, said) in breaches {
            let wrong = right.replace(from, to);
            assert_ne!(right, wrong, "{from} is not in the file");
            let broken = broken(&wrong, architecture);
            assert!(
                broken.iter().any(|broken| broken.contains(said)),
                "{architecture}, {from} as {to}: {broken:#?}"
            );
        }
    }
}

#[test]
fn the_inf_file_is_stamped_plain_text() {
    for (_, path) in ARCHITECTURES {
        let text = text(path);
        assert!(text.is_ascii());
        let variable = text.split(['$', '\n']).find(|word| {
            word.starts_with("ARCH") || word.starts_with("KMDF") && word.ends_with("VERSION")
        });
        assert_eq!(variable, None);
        let inf = Inf::parse(&text);
        let version = inf
            .section("Version")
            .and_then(|version| version.entry("DriverVer"));
        let crate_version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            version.map(|version| version.value(1).to_owned()),
            Some(format!("{crate_version}.0"))
        );
        assert_eq!(
            inf.value("IpForward_Wdf", "KmdfLibraryVersion"),
            Some("1.31")
        );
    }
}
