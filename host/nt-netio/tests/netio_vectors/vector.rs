//! Vectors as they stand in the files.

use std::collections::BTreeMap;
use std::path::Path;

use ipnet::IpNet;
use serde::Deserialize;

use crate::row::{InterfaceMembers, Members};

/// One vector.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) number: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) given: Vec<Step>,
    pub(crate) call: Step,
    pub(crate) expect: Expectation,
    #[serde(default)]
    pub(crate) under: BTreeMap<String, Expectation>,
}

/// One call, of the stack or of its machine.
#[derive(Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    Create(RowOf),
    Set(RowOf),
    Delete(RowOf),
    Get(RowOf),
    Table {
        family: String,
    },
    BestRoute {
        luid: Option<String>,
        #[serde(default)]
        index: u32,
        source: Option<String>,
        destination: String,
    },
    Interface(InterfaceOf),
    SetInterface(InterfaceOf),
    Interfaces {
        family: String,
    },
    Addresses {
        family: String,
    },
    IndexToLuid {
        index: u32,
    },
    LuidToIndex {
        luid: String,
    },
    Watch {
        #[serde(default)]
        topic: Topic,
        family: String,
        #[serde(default)]
        initial: bool,
    },
    Connect {
        index: u32,
    },
    Disconnect {
        index: u32,
    },
    CarryNoRoutes {
        index: u32,
    },
    LoseAddress {
        index: u32,
        address: IpNet,
    },
    GainAddress {
        index: u32,
        address: IpNet,
    },
    RemoveInterface {
        index: u32,
    },
    RemoveStack {
        family: String,
    },
    Advance {
        seconds: u64,
    },
    Compartment {
        id: u32,
    },
}

/// What a watcher watches.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Topic {
    #[default]
    Routes,
    Interfaces,
    Addresses,
}

/// A row: one of the known ones with some members changed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowOf {
    pub(crate) row: String,
    #[serde(default)]
    pub(crate) with: Members,
}

/// An interface row: zeroed, read or fresh, with keys, with some members changed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InterfaceOf {
    #[serde(default)]
    pub(crate) from: From,
    pub(crate) family: String,
    pub(crate) luid: Option<String>,
    #[serde(default)]
    pub(crate) index: u32,
    #[serde(default)]
    pub(crate) with: InterfaceMembers,
}

/// What an interface row is before its members are written.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum From {
    #[default]
    Zero,
    Get,
    Initial,
}

/// What a vector expects of its call and of what is there afterwards.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    #[serde(default = "success")]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) rows: usize,
    #[serde(default)]
    pub(crate) reads: Vec<Read>,
    pub(crate) answer: Option<Members>,
    pub(crate) source: Option<String>,
    #[serde(default)]
    pub(crate) contains: Vec<RowOf>,
    #[serde(default)]
    pub(crate) lacks: Vec<RowOf>,
    pub(crate) interface: Option<InterfaceMembers>,
    pub(crate) settings: Option<Settings>,
    pub(crate) interfaces: Option<Vec<String>>,
    pub(crate) addresses: Option<Vec<String>>,
    pub(crate) value: Option<u64>,
    pub(crate) notices: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) notices_include: Vec<String>,
    pub(crate) notices_among: Option<Vec<String>>,
}

fn success() -> String {
    "SUCCESS".to_owned()
}

/// A route to get at the end.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    pub(crate) row: String,
    #[serde(default)]
    pub(crate) with: Members,
    #[serde(default = "success")]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) is: Members,
}

/// An interface to get at the end.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) family: String,
    pub(crate) luid: String,
    pub(crate) is: InterfaceMembers,
}

/// Every vector of every file.
pub(crate) fn all() -> Vec<Vector> {
    #[derive(Deserialize)]
    struct File {
        vector: Vec<Vector>,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../nt-netio/tests/vectors");
    let entries = folder.read_dir().expect("the folder of the vectors");
    entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .flat_map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            let file: Result<File, _> = toml::from_str(&text);
            file.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
                .vector
        })
        .collect()
}
