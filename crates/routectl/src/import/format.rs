//! The formats of imported files.

use clap::ValueEnum;

use super::parsed::Parsed;
use super::score::Score;
use super::{config, linux, list, windows};

/// The format of an imported file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportFormat {
    /// The output of Windows' `route print`
    RoutePrint,
    /// Commands of Windows: `route`, `netsh` and `New-NetRoute`, in a batch file or not
    RouteCommands,
    /// The output of `netsh interface ipv4 show route`
    NetshShow,
    /// Commands of `netsh`, with or without `netsh interface ipv4`
    NetshCommands,
    /// The output of `Get-NetRoute` as a table
    GetNetrouteTable,
    /// The output of `Get-NetRoute | Format-List`
    GetNetrouteList,
    /// The output of `Get-NetRoute | Export-Csv`
    GetNetrouteCsv,
    /// The output of `Get-NetRoute | ConvertTo-Json`
    GetNetrouteJson,
    /// `New-NetRoute`, `Set-NetRoute` and `Remove-NetRoute` of PowerShell
    NewNetroute,
    /// The output of `ip route`, also with `-o`
    IpRoute,
    /// Commands of iproute2, as for `ip -batch`
    IpBatch,
    /// The output of `ip -json route`
    IpJson,
    /// The output of `route -n` or `netstat -rn` of Linux
    RouteN,
    /// The output of `show ip route` of `FRRouting`
    Frr,
    /// Prefixes, one a line; see --via and --dev
    CidrList,
    /// Addresses with masks, one pair a line; see --via and --dev
    MaskList,
    /// `AllowedIPs` of a `WireGuard` configuration; see --dev
    AllowedIps,
    /// `route` and `push "route …"` of `OpenVPN`; see --via and --dev
    Openvpn,
    /// `[Route]` sections of systemd-networkd
    Networkd,
    /// `routes` of netplan
    Netplan,
}

impl ImportFormat {
    /// The name for messages.
    pub(super) fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Parses a whole file.
    pub(super) fn parse(self, text: &str) -> Parsed {
        match self {
            Self::RoutePrint => windows::route_print::parse(text),
            Self::RouteCommands => windows::batch_file::parse(text),
            Self::NetshShow => windows::netsh_show::parse(text),
            Self::NetshCommands => windows::netsh_script::parse(text),
            Self::GetNetrouteTable => windows::get_net_route::parse_table(text),
            Self::GetNetrouteList => windows::get_net_route::parse_list(text),
            Self::GetNetrouteCsv => windows::get_net_route::parse_csv(text),
            Self::GetNetrouteJson => windows::get_net_route::parse_json(text),
            Self::NewNetroute => windows::powershell::parse(text),
            Self::IpRoute => linux::ip_route::parse(text),
            Self::IpBatch => linux::ip_batch::parse(text),
            Self::IpJson => linux::ip_json::parse(text),
            Self::RouteN => linux::route_n::parse(text),
            Self::Frr => linux::frr::parse(text),
            Self::CidrList => list::cidr::parse(text),
            Self::MaskList => list::mask::parse(text),
            Self::AllowedIps => list::allowed_ips::parse(text),
            Self::Openvpn => list::openvpn::parse(text),
            Self::Networkd => config::networkd::parse(text),
            Self::Netplan => config::netplan::parse(text),
        }
    }

    /// How surely a line is of the format. Formats of whole documents have no lines of their own:
    /// see [`super::recognize`].
    pub(super) fn score(self, line: &str) -> Score {
        match self {
            Self::RoutePrint => windows::route_print::score(line),
            Self::RouteCommands => windows::batch_file::score(line),
            Self::NetshShow => windows::netsh_show::score(line),
            Self::NetshCommands => windows::netsh_script::score(line),
            Self::GetNetrouteTable => windows::get_net_route::score_table(line),
            Self::GetNetrouteList => windows::get_net_route::score_list(line),
            Self::NewNetroute => windows::powershell::score(line),
            Self::IpRoute => linux::ip_route::score(line),
            Self::IpBatch => linux::ip_batch::score(line),
            Self::RouteN => linux::route_n::score(line),
            Self::Frr => linux::frr::score(line),
            Self::CidrList => list::cidr::score(line),
            Self::MaskList => list::mask::score(line),
            Self::AllowedIps => list::allowed_ips::score(line),
            Self::Openvpn => list::openvpn::score(line),
            Self::Networkd => config::networkd::score(line),
            Self::GetNetrouteCsv | Self::GetNetrouteJson | Self::IpJson | Self::Netplan => {
                Score::NONE
            }
        }
    }
}
