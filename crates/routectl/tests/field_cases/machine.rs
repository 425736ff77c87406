//! The computer of the cases.

use std::path::PathBuf;

use ipforward::{IpNet, Lifetime, Route, RouteProtocol};
use serde::Deserialize;

/// The interfaces of a computer, as `nthost run --interfaces` reads them.
#[derive(Deserialize)]
pub(crate) struct Machine {
    #[serde(rename = "interface")]
    pub(crate) interfaces: Vec<MachineInterface>,
}

#[derive(Deserialize)]
pub(crate) struct MachineInterface {
    pub(crate) name: String,
    pub(crate) index: u32,
    pub(crate) luid: u64,
    #[serde(default = "connected")]
    pub(crate) connected: bool,
    pub(crate) ipv4: Option<MachineFamily>,
    pub(crate) ipv6: Option<MachineFamily>,
}

#[derive(Deserialize)]
pub(crate) struct MachineFamily {
    pub(crate) addresses: Vec<IpNetText>,
    pub(crate) metric: u32,
}

/// A prefix as text.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct IpNetText(pub(crate) IpNet);

impl TryFrom<String> for IpNetText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| text)
    }
}

const fn connected() -> bool {
    true
}

/// The file with the description of the computer.
pub(crate) fn file() -> PathBuf {
    super::folder("field").join("machine.toml")
}

/// The description of the computer.
pub(crate) fn read() -> Machine {
    toml::from_str(&std::fs::read_to_string(file()).unwrap()).unwrap()
}

/// The default route of the computer, which DHCP has added. A restore must not rewrite it.
pub(crate) fn default_route() -> Route {
    let prefix: IpNet = "0.0.0.0/0".parse().unwrap();
    let interface = ipforward::Interface::Known {
        luid: 0x0047_0080_0000_0000,
        index: 5,
    };
    Route::new(prefix, interface)
        .via([192, 0, 2, 254])
        .metric(0)
        .protocol(RouteProtocol::DHCP)
        .lifetimes(Lifetime::Seconds(3600), Lifetime::Seconds(1800))
}
