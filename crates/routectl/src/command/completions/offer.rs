//! What is offered for the word that a shell completes.

use std::ffi::OsStr;
use std::path::Path;

use clap_complete::CompletionCandidate;
use ipforward::{Access, AddressFamily, Device, Interface, Route, RouteProtocol, default_path};

use super::typed::{WordPlace, device, place, words};
use crate::spec::{InterfaceNames, Keyword};

const YES_NO: [&str; 2] = ["yes", "no"];
const LIFETIMES: [&str; 4] = ["forever", "60", "30m", "1h"];

/// A word and its help.
type Offer = (String, Option<String>);

/// The words for a place in the description of a route: keywords, the values of one, prefixes.
pub(super) fn for_route(
    begun: &OsStr,
    keywords: &'static [Keyword],
    others: &'static [(&str, &str)],
) -> Vec<CompletionCandidate> {
    let words = words();
    let offers = match place(&words) {
        WordPlace::Prefix { exists: true } => prefixes(&words),
        WordPlace::Prefix { exists: false } => vec![("default".to_owned(), None)],
        WordPlace::Keyword => {
            let keywords = keywords
                .iter()
                .map(|keyword| (keyword.name(), keyword.expected()));
            let is_new = |(name, _): &(&str, &str)| !words.iter().any(|word| word == name);
            let all = keywords.chain(others.iter().copied()).filter(is_new);
            all.map(|(name, help)| (name.to_owned(), Some(help.to_owned())))
                .collect()
        }
        WordPlace::Value(keyword) => match Keyword::find(&keyword, keywords) {
            Some(keyword) => values(keyword, &words),
            None => Vec::new(),
        },
    };
    candidates(begun, offers)
}

/// The interfaces of the device's system, for an option.
pub(super) fn interfaces(begun: &OsStr) -> Vec<CompletionCandidate> {
    candidates(begun, interface_names(&words()))
}

fn candidates(begun: &OsStr, offers: Vec<Offer>) -> Vec<CompletionCandidate> {
    let begun = begun.to_string_lossy().to_lowercase();
    offers
        .into_iter()
        .filter(|(word, _)| word.to_lowercase().starts_with(&begun))
        .map(|(word, help)| CompletionCandidate::new(word).help(help.map(Into::into)))
        .collect()
}

fn values(keyword: Keyword, words: &[String]) -> Vec<Offer> {
    let plain = |words: &[&str]| {
        words
            .iter()
            .map(|word| ((*word).to_owned(), None))
            .collect()
    };
    match keyword {
        Keyword::Dev => interface_names(words),
        Keyword::Via => next_hops(words),
        Keyword::Protocol => {
            let names = RouteProtocol::NAMES.iter();
            names.map(|(_, name)| ((*name).to_owned(), None)).collect()
        }
        Keyword::Valid | Keyword::Preferred => plain(&LIFETIMES),
        Keyword::Loopback | Keyword::Autoconfigure | Keyword::Publish | Keyword::Immortal => {
            plain(&YES_NO)
        }
        Keyword::From | Keyword::Metric | Keyword::Site => Vec::new(),
    }
}

/// The interfaces by alias and index; none if the device cannot be opened.
fn interface_names(words: &[String]) -> Vec<Offer> {
    let names = InterfaceNames::new(device(words).map(Path::new));
    let mut offers = Vec::new();
    for interface in names.all() {
        let index = interface.index().map(|index| index.to_string());
        let alias = names.alias(interface);
        offers.extend(index.clone().map(|index| (index, alias.clone())));
        offers.extend(alias.map(|alias| (alias, index)));
    }
    offers
}

/// The prefixes of the routes that exist.
fn prefixes(words: &[String]) -> Vec<Offer> {
    let offer = |route: &Route| (route.destination.to_string(), Some(route.to_string()));
    let mut offers: Vec<_> = routes(words).iter().map(offer).collect();
    offers.sort();
    offers.dedup_by(|(one, _), (other, _)| one == other);
    offers
}

/// The next hops of the routes that exist.
fn next_hops(words: &[String]) -> Vec<Offer> {
    let hops = routes(words).into_iter().filter_map(|route| {
        let hop = route.next_hop.address()?;
        let interface: Interface = route.interface;
        Some((hop.to_string(), Some(format!("dev {interface}"))))
    });
    let mut offers: Vec<_> = hops.chain([("on-link".to_owned(), None)]).collect();
    offers.sort();
    offers.dedup_by(|(one, _), (other, _)| one == other);
    offers
}

fn routes(words: &[String]) -> Vec<Route> {
    let path = device(words).map_or_else(default_path, |path| Path::new(path).to_path_buf());
    let device = Device::options().access(Access::ReadOnly).open(path);
    let routes = device.and_then(|device| device.routes(AddressFamily::UNSPECIFIED));
    routes.unwrap_or_default()
}
