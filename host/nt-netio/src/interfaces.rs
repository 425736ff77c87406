//! Interface files: the machine that the memory backend pretends to be.
//!
//! ```toml
//! stacks = ["ipv4", "ipv6"]           # optional: the families this machine has
//!
//! [[interface]]
//! name = "Ethernet"
//! index = 7                           # from 1, each once
//! luid = 0x0006008001000000           # not 0, each once
//! compartment = 1                     # optional
//! connected = true                    # optional
//! carries_routes = true               # optional
//! mtu = 1500                          # optional
//! ipv4 = { addresses = ["192.0.2.10/24"], metric = 25 }   # leave out: not bound
//! ipv6 = { addresses = ["2001:db8::10/64"], metric = 25 }
//! ```

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use nt_types::Guid;
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use crate::compartment;
use crate::keys::METRIC_MAX;

/// The machine of the host's own fixture.
const FIXTURE: &str = include_str!("fixture.toml");

/// A machine: its families and its interfaces.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct NetworkDescription {
    /// The families that have a stack.
    #[serde(default = "both_families")]
    pub stacks: Vec<Family>,
    /// The interfaces.
    #[serde(rename = "interface", default)]
    interfaces: Vec<Spanned<Interface>>,
}

/// An address family with a stack of its own.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// One interface.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// Its alias.
    pub name: String,
    /// Its index, not 0.
    pub index: u32,
    /// Its `NET_LUID`, not 0.
    pub luid: u64,
    /// The GUID of the adapter; `None` for one that follows from the LUID.
    #[serde(skip)]
    pub guid: Option<Guid>,
    /// The network compartment it lives in.
    #[serde(default = "default_compartment")]
    pub compartment: u32,
    /// True if the interface is up and its cable is plugged in.
    #[serde(default = "yes")]
    pub connected: bool,
    /// True if routes can use the interface.
    #[serde(default = "yes")]
    pub carries_routes: bool,
    /// Its MTU in bytes.
    #[serde(default = "ethernet_mtu")]
    pub mtu: u32,
    /// Its IPv4 binding, if it has one.
    pub ipv4: Option<Binding<Ipv4Address>>,
    /// Its IPv6 binding, if it has one.
    pub ipv6: Option<Binding<Ipv6Address>>,
}

/// The settings of an interface for one family.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Binding<A> {
    /// Its addresses, each with the length of its on-link prefix.
    #[serde(default = "Vec::new")]
    pub addresses: Vec<A>,
    /// Its automatic metric.
    pub metric: u32,
}

/// An IPv4 address with the length of its on-link prefix.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Ipv4Address(pub Ipv4Net);

/// An IPv6 address with the length of its on-link prefix.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Ipv6Address(pub Ipv6Net);

impl TryFrom<String> for Ipv4Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_malformed| {
            format!(
                "`{text}` is not an IPv4 address with a prefix length of 0 to 32, \
                 as in \"192.0.2.10/24\""
            )
        })
    }
}

impl TryFrom<String> for Ipv6Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_malformed| {
            format!(
                "`{text}` is not an IPv6 address with a prefix length of 0 to 128, \
                 as in \"2001:db8::10/64\""
            )
        })
    }
}

fn both_families() -> Vec<Family> {
    vec![Family::Ipv4, Family::Ipv6]
}

const fn default_compartment() -> u32 {
    compartment::DEFAULT
}

const fn yes() -> bool {
    true
}

const fn ethernet_mtu() -> u32 {
    1_500
}

/// Why there is no machine to be had from an interface file.
#[derive(Debug, Error)]
pub enum MachineError {
    /// The file cannot be read.
    #[error("cannot read the interface file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is not the TOML of an interface file; the text shows the line and what was expected.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// A member has a value that no interface can have.
    #[error("line {line}: {member} of interface `{name}` is {value}; {right}")]
    Value {
        /// The line on which the interface begins.
        line: usize,
        /// The interface.
        name: String,
        /// The member.
        member: &'static str,
        /// Its value.
        value: u64,
        /// What would be right.
        right: &'static str,
    },
    /// Two interfaces have the same index or LUID.
    #[error(
        "line {line}: {member} {value:#x} of interface `{name}` is that of `{first}` already; \
         give each interface its own"
    )]
    Duplicate {
        /// The line on which the second interface begins.
        line: usize,
        /// The second interface.
        name: String,
        /// The first interface.
        first: String,
        /// The member.
        member: &'static str,
        /// The value.
        value: u64,
    },
}

impl Default for NetworkDescription {
    fn default() -> Self {
        FIXTURE.parse().expect("the fixture is an interface file")
    }
}

impl FromStr for NetworkDescription {
    type Err = MachineError;

    fn from_str(text: &str) -> Result<Self, MachineError> {
        let machine: Self = toml::from_str(text)?;
        machine.check(text)?;
        Ok(machine)
    }
}

impl NetworkDescription {
    /// Reads an interface file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or that describes no possible machine.
    pub fn read(path: &Path) -> Result<Self, MachineError> {
        let text = std::fs::read_to_string(path).map_err(|source| MachineError::Read {
            path: path.to_owned(),
            source,
        })?;
        text.parse()
    }

    /// The interfaces, in the order of the file.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.interfaces.iter().map(Spanned::get_ref)
    }

    fn check(&self, text: &str) -> Result<(), MachineError> {
        let mut indices = HashMap::new();
        let mut luids = HashMap::new();
        for spanned in &self.interfaces {
            let line = 1 + text[..spanned.span().start].matches('\n').count();
            let interface = spanned.get_ref();
            interface.check(line)?;
            let members = [
                ("index", u64::from(interface.index), &mut indices),
                ("luid", interface.luid, &mut luids),
            ];
            for (member, value, seen) in members {
                if let Some(first) = seen.insert(value, &interface.name) {
                    return Err(MachineError::Duplicate {
                        line,
                        name: interface.name.clone(),
                        first: String::clone(first),
                        member,
                        value,
                    });
                }
            }
        }
        Ok(())
    }
}

impl Interface {
    fn check(&self, line: usize) -> Result<(), MachineError> {
        let metric = |metric: Option<u32>| u64::from(metric.unwrap_or(0));
        let metric_v4 = metric(self.ipv4.as_ref().map(|binding| binding.metric));
        let metric_v6 = metric(self.ipv6.as_ref().map(|binding| binding.metric));
        let not_zero = "0 means \"not given\" to every call; give a number from 1";
        let in_range = "a metric is at most 2147483647";
        let rules = [
            ("index", u64::from(self.index), self.index != 0, not_zero),
            ("luid", self.luid, self.luid != 0, not_zero),
            (
                "ipv4.metric",
                metric_v4,
                metric_v4 <= u64::from(METRIC_MAX),
                in_range,
            ),
            (
                "ipv6.metric",
                metric_v6,
                metric_v6 <= u64::from(METRIC_MAX),
                in_range,
            ),
        ];
        match rules.into_iter().find(|(.., holds, _)| !holds) {
            None => Ok(()),
            Some((member, value, _, right)) => Err(MachineError::Value {
                line,
                name: self.name.clone(),
                member,
                value,
                right,
            }),
        }
    }

    /// The GUID of the adapter.
    #[must_use]
    pub fn guid(&self) -> Guid {
        /// What the GUIDs of this host begin with: "NETI".
        const DATA_1: u32 = 0x4E45_5449;
        self.guid.unwrap_or(Guid {
            data1: DATA_1,
            data2: 0,
            data3: 0,
            data4: self.luid.to_be_bytes(),
        })
    }

    /// The addresses of both families.
    pub fn addresses(&self) -> impl Iterator<Item = IpNet> {
        let ipv4 = self.ipv4.iter().flat_map(|binding| &binding.addresses);
        let ipv6 = self.ipv6.iter().flat_map(|binding| &binding.addresses);
        ipv4.map(|address| IpNet::V4(address.0))
            .chain(ipv6.map(|address| IpNet::V6(address.0)))
    }

    /// Whether this is a loopback interface, by the type in its LUID.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        const IF_TYPE_SOFTWARE_LOOPBACK: u64 = 24;
        self.luid >> 48 == IF_TYPE_SOFTWARE_LOOPBACK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        text.parse::<NetworkDescription>().unwrap_err().to_string()
    }

    const ONE: &str = "[[interface]]\nname = \"A\"\nindex = 7\nluid = 0x0006008001000000\n";

    #[test]
    fn the_fixture_has_a_loopback_and_three_cards() {
        let machine = NetworkDescription::default();
        let names: Vec<_> = machine
            .interfaces()
            .map(|interface| &interface.name)
            .collect();
        assert_eq!(names, ["IF1", "IF7", "IF9", "IF20"]);
        let loopbacks = machine
            .interfaces()
            .filter(|interface| interface.is_loopback());
        assert_eq!(loopbacks.count(), 1);
    }

    #[test]
    fn a_duplicate_index_names_the_line_and_both_interfaces() {
        let second = "[[interface]]\nname = \"B\"\nindex = 7\nluid = 0x0006008002000000\n";
        let said = complaint(&format!("{ONE}\n{second}"));
        assert!(said.starts_with("line 6: index 0x7"), "{said}");
        assert!(said.contains("`B`") && said.contains("`A`"), "{said}");
    }

    #[test]
    fn a_duplicate_luid_is_refused() {
        let second = ONE.replace("\"A\"\nindex = 7", "\"B\"\nindex = 8");
        let said = complaint(&format!("{ONE}\n{second}"));
        assert!(said.contains("luid 0x6008001000000"), "{said}");
    }

    #[test]
    fn a_prefix_length_out_of_range_says_the_range() {
        let said = complaint(&format!(
            "{ONE}ipv4 = {{ addresses = [\"192.0.2.1/33\"], metric = 1 }}"
        ));
        assert!(said.contains("line 5"), "{said}");
        assert!(said.contains("0 to 32"), "{said}");
    }

    #[test]
    fn an_address_of_the_other_family_is_refused() {
        let said = complaint(&format!(
            "{ONE}ipv6 = {{ addresses = [\"192.0.2.1/24\"], metric = 1 }}"
        ));
        assert!(said.contains("not an IPv6 address"), "{said}");
    }

    #[test]
    fn an_index_of_zero_says_why_not() {
        let said = complaint(&ONE.replace("index = 7", "index = 0"));
        assert!(
            said.starts_with("line 1: index of interface `A` is 0; 0 means"),
            "{said}"
        );
    }

    #[test]
    fn a_misspelt_member_is_refused() {
        let said = complaint(&format!("{ONE}conected = true\n"));
        assert!(said.contains("conected"), "{said}");
    }
}
