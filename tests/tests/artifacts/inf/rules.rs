//! The documented requirements that `infverif /w` puts on an INF file, as far as the text of the
//! file shows.
//!
//! The numbers are those of `InfVerif`'s messages, where its documentation gives one.

use std::collections::BTreeMap;

use super::file::{Entry, Inf};
use super::files::Files;

/// The class System, as Windows defines it.
const SYSTEM_CLASS: (&str, &str) = ("System", "{4d36e97d-e325-11ce-bfc1-08002be10318}");

/// Sections that no Windows driver may have, by the end of their name.
const LEGACY_SECTIONS: [&str; 6] = [
    "ClassInstall32",
    ".CoInstallers",
    ".FactDef",
    ".LogConfigOverride",
    "DefaultInstall",
    "DefaultUninstall",
];

/// Directives that no Windows driver may use.
const LEGACY_DIRECTIVES: [&str; 14] = [
    "BitReg",
    "CopyINF",
    "DelFiles",
    "DelProperty",
    "DelReg",
    "DelService",
    "Ini2Reg",
    "LogConfig",
    "ProfileItems",
    "RegisterDlls",
    "RenFiles",
    "UnregisterDlls",
    "UpdateIniFields",
    "UpdateInis",
];

/// What is wrong with a file for an architecture; `has_file` is true for the files beside it.
pub(crate) fn broken(
    inf: &Inf,
    architecture: &str,
    has_file: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let files = Files::of(inf);
    syntax(inf, &mut wrong);
    version(inf, &mut wrong);
    strings(inf, &mut wrong);
    legacy(inf, &mut wrong);
    references(inf, &mut wrong);
    models(inf, architecture, &mut wrong);
    files.check(inf, has_file, &mut wrong);
    for install in installs(inf) {
        services(inf, &install, &files, &mut wrong);
        framework(inf, &install, &mut wrong);
        device_object(inf, &install, &mut wrong);
    }
    registry(inf, &mut wrong);
    wrong
}

fn syntax(inf: &Inf, wrong: &mut Vec<String>) {
    for stray in &inf.strays {
        wrong.push(format!("a line belongs to no section: {stray}"));
    }
    for (index, section) in inf.sections.iter().enumerate() {
        let is_twice = inf.sections[..index]
            .iter()
            .any(|earlier| earlier.name.eq_ignore_ascii_case(&section.name));
        if is_twice {
            wrong.push(format!("[{}] is there twice", section.name));
        }
        if section.entries.is_empty() {
            wrong.push(format!("[{}] is empty", section.name));
        }
    }
}

fn version(inf: &Inf, wrong: &mut Vec<String>) {
    let value = |key| inf.value("Version", key).unwrap_or_default();
    if !value("Signature").eq_ignore_ascii_case("$Windows NT$") {
        wrong.push("Signature is not $Windows NT$".to_owned());
    }
    let class = (value("Class"), value("ClassGuid"));
    if class.0 != SYSTEM_CLASS.0 || !class.1.eq_ignore_ascii_case(SYSTEM_CLASS.1) {
        wrong.push(format!("{class:?} is not the class System and its GUID"));
    }
    let provider = value("Provider");
    if provider.is_empty() || provider.eq_ignore_ascii_case("Microsoft") {
        wrong.push(format!("1204: the provider is {provider:?}"));
    }
    if value("CatalogFile") != "driver.cat" {
        wrong.push("1233: the catalog is not named".to_owned());
    }
    if value("PnpLockdown") != "1" {
        wrong.push("PnpLockdown is not 1".to_owned());
    }
    let stamp = inf
        .section("Version")
        .and_then(|version| version.entry("DriverVer"));
    let (date, number) = stamp.map_or(("", ""), |stamp| (stamp.value(0), stamp.value(1)));
    if !is_date(date) {
        wrong.push(format!("the date is not mm/dd/yyyy: {date}"));
    }
    let parts: Vec<_> = number.split('.').map(str::parse::<u16>).collect();
    if parts.len() != 4 || parts.iter().any(Result::is_err) {
        wrong.push(format!("1217: the version is not w.x.y.z: {number}"));
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('/').collect();
    let [month, day, year] = parts[..] else {
        return false;
    };
    let within = |text: &str, digits, range: std::ops::RangeInclusive<u16>| {
        text.len() == digits && text.parse().is_ok_and(|number| range.contains(&number))
    };
    // Windows refuses dates before plug and play.
    within(month, 2, 1..=12) && within(day, 2, 1..=31) && within(year, 4, 1995..=9999)
}

fn strings(inf: &Inf, wrong: &mut Vec<String>) {
    let has = |token: &str| {
        let mut strings = inf.entries("Strings").iter();
        strings.any(|string| string.key.eq_ignore_ascii_case(token))
    };
    for token in inf.tokens.iter().filter(|token| !has(token)) {
        wrong.push(format!("1235: no string is named {token}"));
    }
    let is_used = |name: &str| {
        let mut tokens = inf.tokens.iter();
        tokens.any(|token| token.eq_ignore_ascii_case(name))
    };
    for string in inf.entries("Strings") {
        if !is_used(&string.key) {
            wrong.push(format!("the string {} is not used", string.key));
        }
        if string.values.iter().all(String::is_empty) {
            wrong.push(format!("the string {} is empty", string.key));
        }
    }
}

fn legacy(inf: &Inf, wrong: &mut Vec<String>) {
    for section in &inf.sections {
        let name = section.name.to_ascii_lowercase();
        for legacy in LEGACY_SECTIONS {
            let legacy = legacy.to_ascii_lowercase();
            let is_it = if legacy.starts_with('.') {
                name.ends_with(&legacy)
            } else {
                name.starts_with(&legacy)
            };
            if is_it {
                wrong.push(format!("1212, 1285, 1300: [{}] is legacy", section.name));
            }
        }
        let is_legacy = |entry: &&Entry| {
            let mut directives = LEGACY_DIRECTIVES.iter();
            directives.any(|directive| entry.key.eq_ignore_ascii_case(directive))
        };
        for entry in section.entries.iter().filter(is_legacy) {
            wrong.push(format!("1300 to 1302: {} is legacy", entry.key));
        }
        // Nothing is taken from other files, so the rules of Needs need no check.
        for key in ["Include", "Needs"] {
            if section.entry(key).is_some() {
                wrong.push(format!("[{}] depends on another file", section.name));
            }
        }
    }
}

/// The sections that others name, each with the section that names it, and those that Windows looks for.
fn referenced(inf: &Inf) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |section: String, by: String| {
        let section = section.to_ascii_lowercase();
        names.entry(section).or_default().push(by);
    };
    for known in [
        "Version",
        "DestinationDirs",
        "SourceDisksNames",
        "SourceDisksFiles",
        "Manufacturer",
        "Strings",
    ] {
        add(known.to_owned(), "Windows".to_owned());
    }
    for manufacturer in inf.entries("Manufacturer") {
        for decoration in &manufacturer.values[1..] {
            let models = format!("{}.{decoration}", manufacturer.value(0));
            add(models, manufacturer.key.clone());
        }
    }
    for install in installs(inf) {
        for end in ["", ".HW", ".Services", ".Wdf"] {
            let section = install.clone() + end;
            if end.is_empty() || inf.section(&section).is_some() {
                add(section, "a model".to_owned());
            }
        }
    }
    for section in &inf.sections {
        for entry in &section.entries {
            let targets: &[String] = match entry.key.to_ascii_lowercase().as_str() {
                "copyfiles" | "addreg" => &entry.values,
                "addservice" => entry.values.get(2..).unwrap_or_default(),
                "kmdfservice" => entry.values.get(1..).unwrap_or_default(),
                _ => &[],
            };
            for name in targets.iter().filter(|name| !name.starts_with('@')) {
                add(name.clone(), format!("{} of [{}]", entry.key, section.name));
            }
        }
    }
    names
}

fn references(inf: &Inf, wrong: &mut Vec<String>) {
    let referenced = referenced(inf);
    for (name, by) in &referenced {
        if inf.section(name).is_none() {
            wrong.push(format!(
                "1203: {} names [{name}], which is not there",
                by[0]
            ));
        }
        if by.len() > 1 {
            wrong.push(format!("1205: [{name}] is named twice: {by:?}"));
        }
    }
    for section in &inf.sections {
        if !referenced.contains_key(&section.name.to_ascii_lowercase()) {
            wrong.push(format!("2083: nothing names [{}]", section.name));
        }
    }
}

/// The install sections of all models, decorated as the file has them.
pub(crate) fn installs(inf: &Inf) -> Vec<String> {
    let models = inf.sections.iter().filter(|section| {
        let mut manufacturers = inf.entries("Manufacturer").iter();
        manufacturers.any(|manufacturer| {
            let name = manufacturer.value(0).to_ascii_lowercase() + ".";
            section.name.to_ascii_lowercase().starts_with(&name)
        })
    });
    let mut installs: Vec<_> = models
        .flat_map(|models| &models.entries)
        .map(|model| format!("{}.NT", model.value(0)))
        .collect();
    installs.dedup();
    installs
}

fn models(inf: &Inf, architecture: &str, wrong: &mut Vec<String>) {
    let mut devices = 0;
    for manufacturer in inf.entries("Manufacturer") {
        for decoration in &manufacturer.values[1..] {
            // NT<architecture>.<major>.<minor>.<product type>.<suites>.<build>
            let parts: Vec<_> = decoration.split('.').collect();
            let has_architecture = parts[0] == format!("NT{architecture}");
            let is_bound = matches!(parts[..], [_, "10", "0", "", "", _]);
            let build = parts.last().and_then(|build| build.parse::<u32>().ok());
            if !has_architecture || !is_bound || build.is_none_or(|build| build < 16_299) {
                wrong.push(format!(
                    "1199: {decoration} does not bound the architecture and the version"
                ));
            }
            let models = format!("{}.{decoration}", manufacturer.value(0));
            let has_id = |model: &&Entry| !model.value(1).is_empty() && !model.key.is_empty();
            devices += inf.entries(&models).iter().filter(has_id).count();
        }
        if manufacturer.values.len() < 2 {
            wrong.push("1297: the models are not decorated".to_owned());
        }
    }
    if devices == 0 {
        wrong.push("1297: the driver installs on no device".to_owned());
    }
}

fn services(inf: &Inf, install: &str, files: &Files, wrong: &mut Vec<String>) {
    let section = format!("{install}.Services");
    let added = inf.entries(&section).iter();
    let functions: Vec<_> = added
        .filter(|entry| entry.value(1).ends_with('2'))
        .collect();
    let [service] = functions[..] else {
        wrong.push(format!("1296: [{section}] has not one function driver"));
        return;
    };
    let of_service = |key| inf.value(service.value(2), key).unwrap_or_default();
    let wanted = [
        ("ServiceType", "1"),
        ("StartType", "3"),
        ("ErrorControl", "1"),
    ];
    for (key, value) in wanted {
        if of_service(key) != value {
            wrong.push(format!("{key} is {:?}, not {value}", of_service(key)));
        }
    }
    let binary = of_service("ServiceBinary");
    let file = binary.strip_prefix("%13%\\").unwrap_or_default();
    if !files.has(file) {
        wrong.push(format!("{binary} is no file that this package copies"));
    }
}

fn framework(inf: &Inf, install: &str, wrong: &mut Vec<String>) {
    let service = inf
        .entries(&format!("{install}.Services"))
        .first()
        .map_or("", |entry| entry.value(0));
    let section = format!("{install}.Wdf");
    if inf.value(&section, "KmdfService") != Some(service) {
        wrong.push(format!("[{section}] does not name the service {service}"));
    }
}

/// The properties of the device object: who opens it, also by a name below it. The driver assigns no
/// descriptor itself, and every user may open a device without one.
fn device_object(inf: &Inf, install: &str, wrong: &mut Vec<String>) {
    /// `FILE_DEVICE_SECURE_OPEN`.
    const SECURE_OPEN: &str = "0x0100";
    /// `FLG_ADDREG_TYPE_DWORD`.
    const DWORD: &str = "0x00010001";
    let hardware = inf.entries(&format!("{install}.HW")).iter();
    let lists = hardware.filter(|entry| entry.key.eq_ignore_ascii_case("AddReg"));
    let values: Vec<_> = lists
        .flat_map(|entry| &entry.values)
        .flat_map(|list| inf.entries(list))
        .collect();
    let has = |name: &str, kind: &str, value: &str| {
        let mut entries = values.iter().filter(|entry| entry.value(2) == name);
        entries.any(|entry| entry.value(3) == kind && entry.value(4) == value)
    };
    if !has("Security", "", abi::device::SDDL) {
        wrong.push("the device has not the contract's security descriptor".to_owned());
    }
    if !has("DeviceCharacteristics", DWORD, SECURE_OPEN) {
        wrong.push("names below the device are open to every user".to_owned());
    }
}

fn registry(inf: &Inf, wrong: &mut Vec<String>) {
    let lists = inf.sections.iter().flat_map(|section| &section.entries);
    let lists = lists.filter(|entry| entry.key.eq_ignore_ascii_case("AddReg"));
    for name in lists.flat_map(|entry| &entry.values) {
        for entry in inf.entries(name) {
            if entry.value(0) != "HKR" {
                wrong.push(format!(
                    "1304, 1221: [{name}] writes below {}",
                    entry.value(0)
                ));
            }
            if entry.value(2).eq_ignore_ascii_case("CoInstallers32") {
                wrong.push("1303: a co-installer".to_owned());
            }
            if entry.value(3).eq_ignore_ascii_case("0x00010008") {
                wrong.push("1305: a value is appended".to_owned());
            }
        }
    }
}
