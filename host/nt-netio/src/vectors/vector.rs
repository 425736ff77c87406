//! Vectors as they stand in the files.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::Deserialize;

use super::row::{InterfaceMembers, Members};

/// One vector.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Its number, with the letter of its part.
    pub number: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) given: Vec<Step>,
    pub(super) call: Step,
    pub(super) expect: Expectation,
    #[serde(default)]
    pub(super) under: BTreeMap<String, Expectation>,
}

/// A call of the stack, or a change that is made to it from outside.
#[derive(Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Step {
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
        topic: WatchTopic,
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
    /// Waits until the watcher has so many notices: a stack may report two changes at once as none.
    WaitForNotices {
        count: usize,
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
pub(super) enum WatchTopic {
    #[default]
    Routes,
    Interfaces,
    Addresses,
}

/// A row: one of the known ones with some members changed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowOf {
    pub(super) row: String,
    #[serde(default)]
    pub(super) with: Members,
}

/// An interface row: zeroed, read or fresh, with keys, with some members changed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InterfaceOf {
    #[serde(default)]
    pub(super) from: InterfaceStart,
    pub(super) family: String,
    pub(super) luid: Option<String>,
    #[serde(default)]
    pub(super) index: u32,
    #[serde(default)]
    pub(super) with: InterfaceMembers,
}

/// What an interface row is before its members are written.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum InterfaceStart {
    #[default]
    Zero,
    Get,
    Initial,
}

/// What a vector expects of its call and of what is there afterwards.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    #[serde(default = "success")]
    pub(super) status: String,
    #[serde(default)]
    pub(super) rows: usize,
    #[serde(default)]
    pub(super) reads: Vec<Read>,
    pub(super) answer: Option<Members>,
    pub(super) source: Option<String>,
    #[serde(default)]
    pub(super) contains: Vec<RowOf>,
    #[serde(default)]
    pub(super) lacks: Vec<RowOf>,
    pub(super) interface: Option<InterfaceMembers>,
    pub(super) settings: Option<InterfaceRead>,
    pub(super) interfaces: Option<Vec<String>>,
    pub(super) addresses: Option<Vec<String>>,
    pub(super) value: Option<u64>,
    pub(super) notices: Option<Vec<String>>,
    #[serde(default)]
    pub(super) notices_include: Vec<String>,
    pub(super) notices_among: Option<Vec<String>>,
}

fn success() -> String {
    "SUCCESS".to_owned()
}

/// A route to get at the end.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Read {
    pub(super) row: String,
    #[serde(default)]
    pub(super) with: Members,
    #[serde(default = "success")]
    pub(super) status: String,
    #[serde(default)]
    pub(super) is: Members,
}

/// An interface to get at the end.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InterfaceRead {
    pub(super) family: String,
    pub(super) luid: String,
    pub(super) is: InterfaceMembers,
}
