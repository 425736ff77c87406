//! The filter of `route show`.

use ipforward::{AddressFamily, Interface, Route};

use crate::cli::{Cli, RouteFilter};
use crate::spec::{SpecError, family_or_both};

impl RouteFilter {
    /// The family of the table to read.
    pub(crate) fn table(&self) -> AddressFamily {
        family_or_both(self.family)
    }

    /// The interface of the filter of that name.
    pub(crate) fn interface(&self, cli: &Cli) -> Result<Option<Interface>, SpecError> {
        let names = cli.interface_names();
        self.dev.as_deref().map(|name| names.dev(name)).transpose()
    }

    /// True if a route passes all filters. `dev` is the interface of the filter of that name.
    pub(crate) fn passes(&self, route: &Route, dev: Option<Interface>) -> bool {
        let destination = route.destination;
        self.family
            .is_none_or(|family| AddressFamily::from(family) == route.family())
            && self
                .contains
                .is_none_or(|address| destination.contains(&address))
            && self
                .longer
                .is_none_or(|prefix| prefix.contains(&destination))
            && self
                .shorter
                .is_none_or(|prefix| destination.contains(&prefix))
            && dev.is_none_or(|dev| dev.is_same(route.interface))
            && self
                .protocol
                .is_none_or(|protocol| protocol == route.protocol)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use ipforward::{Interface, IpNet, RouteProtocol};

    use super::*;
    use crate::cli::{CliCommand, RouteCommand};
    use crate::spec::IpFamily;

    fn routes() -> [Route; 5] {
        [
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.20.0.0/16",
            "10.20.1.0/24",
            "::/0",
        ]
        .map(|prefix| {
            let destination: IpNet = prefix.parse().unwrap();
            let interface = match destination.prefix_len() {
                8 => Interface::Known { luid: 2, index: 8 },
                _ => Interface::Known { luid: 1, index: 7 },
            };
            Route::new(destination, interface)
        })
    }

    fn passing(line: &str) -> Vec<String> {
        let program = ["routectl", "route", "show"];
        let line = program.into_iter().chain(line.split_whitespace());
        let parsed = Cli::try_parse_from(line).unwrap();
        let CliCommand::Route(RouteCommand::Show(show)) = parsed.command else {
            panic!("another command");
        };
        let filter = show.filter;
        let dev = filter.dev.as_ref().map(|dev| dev.parse().unwrap());
        routes()
            .iter()
            .filter(|route| filter.passes(route, dev))
            .map(|route| route.destination.to_string())
            .collect()
    }

    #[test]
    fn prefix_filters_select_by_length_or_address() {
        assert_eq!(
            passing("--longer 10.20.0.0/16"),
            ["10.20.0.0/16", "10.20.1.0/24"]
        );
        assert_eq!(
            passing("--shorter 10.20.0.0/16"),
            ["0.0.0.0/0", "10.0.0.0/8", "10.20.0.0/16"]
        );
        assert_eq!(
            passing("--longer 10.20.0.0/16 --shorter 10.20.0.0/16"),
            ["10.20.0.0/16"]
        );
        assert_eq!(
            passing("--contains 10.20.9.9"),
            ["0.0.0.0/0", "10.0.0.0/8", "10.20.0.0/16"]
        );
        assert_eq!(passing("--contains 2001:db8::1"), ["::/0"]);
        assert_eq!(passing("--longer ::/0"), ["::/0"]);
        assert_eq!(passing("--longer default").len(), 4);
    }

    #[test]
    fn filters_are_combined() {
        assert_eq!(passing("--dev 8"), ["10.0.0.0/8"]);
        assert_eq!(passing("--dev luid:0x2"), ["10.0.0.0/8"]);
        assert_eq!(passing("--dev 7 --family 6"), ["::/0"]);
        assert_eq!(passing("--protocol netmgmt").len(), 5);
        assert_eq!(passing("--protocol 14"), [""; 0]);
        assert_eq!(passing("--family 4 --contains ::1"), [""; 0]);
    }

    #[test]
    fn without_filters_all_routes_pass() {
        let all = RouteFilter::default();
        assert_eq!(all.table(), AddressFamily::UNSPECIFIED);
        assert!(routes().iter().all(|route| all.passes(route, None)));
        let local = RouteFilter {
            family: Some(IpFamily::Ipv6),
            protocol: Some(RouteProtocol::NET_MGMT),
            ..all
        };
        let routes = routes();
        let passing = routes.iter().filter(|route| local.passes(route, None));
        assert_eq!(passing.count(), 1);
    }
}
