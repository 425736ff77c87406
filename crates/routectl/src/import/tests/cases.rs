//! Files of the field: what each becomes, exactly.
//!
//! A case has options, the file, and what is expected. `UPDATE_CASES=1` writes what is expected.

use super::*;

#[path = "../../../tests/field_cases/mod.rs"]
#[expect(dead_code, reason = "the tests of the program use the rest")]
mod field_cases;

use field_cases::machine;

/// The tables of the computer.
fn local_tables(map: &[(String, Interface)]) -> LocalTables {
    let (mut interfaces, mut routes) = (Vec::new(), Vec::new());
    let mut names = map.to_vec();
    for described in machine::read().interfaces {
        let interface = Interface::Known {
            luid: described.luid,
            index: described.index,
        };
        names.push((described.name, interface));
        let families = [
            (AddressFamily::IPV4, described.ipv4),
            (AddressFamily::IPV6, described.ipv6),
        ];
        for (family, described) in families {
            let Some(described) = described else { continue };
            let row = MibIpInterfaceRow {
                family: family.0,
                interface_luid: interface.luid().unwrap(),
                interface_index: interface.index().unwrap(),
                metric: described.metric,
                ..MibIpInterfaceRow::default()
            };
            interfaces.push(IpInterface::try_from(&row).unwrap());
            for machine::IpNetText(address) in described.addresses {
                for prefix in [address.trunc(), IpNet::from(address.addr())] {
                    let route = Route::new(prefix, interface);
                    routes.push(route.protocol(ipforward::RouteProtocol::LOCAL));
                }
            }
        }
    }
    routes.push(machine::default_route());
    LocalTables::new(&interfaces, &routes, &names)
}

/// The options of a case.
#[derive(Default)]
struct CaseOptions {
    places: PlaceOptions,
    map: Vec<(String, Interface)>,
    skips: bool,
    format: Option<ImportFormat>,
}

fn options(words: &[String]) -> CaseOptions {
    let mut options = CaseOptions::default();
    options.places.absent_ok = true;
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap();
        match word {
            "--via" => options.places.via.push(value().parse().unwrap()),
            "--dev" => options.places.dev = Some(value().parse().unwrap()),
            "--metric" => options.places.metric = Some(value().parse().unwrap()),
            "--format" => options.format = Some(ImportFormat::from_str(value(), true).unwrap()),
            "--map" => {
                let (name, local) = value().split_once('=').unwrap();
                options.map.push((name.to_owned(), local.parse().unwrap()));
            }
            "--skip" => options.skips = true,
            other => panic!("{other}"),
        }
    }
    options
}

/// What a file becomes: its routes, its notes and its errors.
fn outcome(options: &CaseOptions, text: &str) -> String {
    let path = Path::new("FILE");
    let parsed = match parse(path, text, options.format) {
        Ok(parsed) => parsed,
        Err(error) => return format!("error: {error}\n"),
    };
    let mut tables = local_tables(&options.map);
    let mut resolution = plan::resolved(path.into(), parsed, &mut tables, &options.places);
    if options.skips {
        resolution.leave_out(&[]);
    }
    let rejected: String = resolution.rejected().iter().map(rejected_text).collect();
    match resolution.into_plan() {
        Err(error) => format!("error: {error}\n{rejected}"),
        Ok(ImportPlan { entries, notes, .. }) => {
            let notes = notes.iter().map(|note| format!("note: {note}\n"));
            let entries = entries
                .iter()
                .map(|entry| format!("{}\n", text_of_entry(entry)));
            notes.chain(entries).collect()
        }
    }
}

#[test]
fn every_file_of_the_field_becomes_what_is_expected() {
    let mut failed = Vec::new();
    for case in field_cases::cases() {
        let found = outcome(&options(&case.options), &case.text);
        if found != case.expected {
            if std::env::var_os("UPDATE_CASES").is_some() {
                case.update(&found);
            }
            failed.push(format!("{}:\n{found}", case.name()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The case with this name.
fn case(name: &str) -> field_cases::Case {
    let mut cases = field_cases::cases().into_iter();
    cases.find(|case| case.name() == name).expect(name)
}

#[test]
fn a_file_means_the_same_in_every_encoding() {
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    };
    let console = |text: &str, page: u16| {
        let table = oem_cp::code_table::ENCODING_TABLE_CP_MAP
            .get(&page)
            .unwrap();
        oem_cp::encode_string_lossy(text, table)
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("FILE");
    for (name, pages) in [
        ("print-german", &["437", "850", "858", "1252"][..]),
        ("print-french-persistent-dev", &["437", "850", "1252"]),
        ("print-chinese-persistent", &["936", "54936"]),
        ("print-japanese", &["932"]),
        ("netsh-show-french", &["850", "1252"]),
    ] {
        let case = case(name);
        let check = |bytes: &[u8], encoding: Option<&str>| {
            std::fs::write(&path, bytes).unwrap();
            let encoding = encoding.map(|name| name.parse().unwrap());
            let text = text_of(&path, encoding).unwrap();
            let found = outcome(&options(&case.options), &text);
            assert_eq!(found, case.expected, "{name} {encoding:?}");
        };
        for marked in [case.text.clone(), format!("\u{FEFF}{}", case.text)] {
            let windows_lines = marked.replace('\n', "\r\n");
            for text in [&marked, &windows_lines] {
                check(text.as_bytes(), None);
                check(&utf16(text, u16::to_le_bytes), None);
                check(&utf16(text, u16::to_be_bytes), None);
            }
        }
        for page in pages {
            let bytes = match encoding_rs::Encoding::for_label(label(page).as_bytes()) {
                Some(encoding) => encoding.encode(&case.text).0.into_owned(),
                None => console(&case.text, page.parse().unwrap()),
            };
            assert!(std::str::from_utf8(&bytes).is_err(), "{name} {page}");
            check(&bytes, Some(page));
            // The numbers are ASCII in every code page.
            check(&bytes, None);
        }
    }
}

/// The label of a code page, if it is one of web pages.
fn label(page: &str) -> String {
    match page {
        "932" => "shift_jis".to_owned(),
        "936" => "gbk".to_owned(),
        "54936" => "gb18030".to_owned(),
        page => format!("windows-{page}"),
    }
}
