//! What is offered for the word that a shell completes.

use std::ffi::OsStr;

use clap_complete::CompletionCandidate;
use ipforward::{Access, AddressFamily, Device, Interface, Route, RouteProtocol, default_path};

use super::route_words::RouteWords;
use super::typed::{TypedLine, WordPlace};
use crate::spec::{InterfaceNames, Keyword};

const YES_NO: [&str; 2] = ["yes", "no"];
const LIFETIMES: [&str; 4] = ["forever", "60", "30m", "1h"];

/// The word for an on-link route.
const ON_LINK: &str = "on-link";

/// A word and its help.
type Offer = (String, Option<String>);

/// The words for a place in the description of a route: keywords, the values of one, prefixes.
pub(super) fn for_route(begun: &OsStr, words: &RouteWords) -> Vec<CompletionCandidate> {
    let line = TypedLine::read();
    let offers = match line.place(words) {
        WordPlace::Prefix if words.exists => prefixes_of(&line),
        WordPlace::Prefix => vec![("default".to_owned(), None)],
        WordPlace::Keyword => {
            let keywords = words.keywords.iter();
            let keywords = keywords.map(|keyword| (keyword.name(), keyword.expected()));
            let all = keywords.chain(words.flags.iter().copied());
            all.filter(|(name, _)| !line.route.iter().any(|word| word == name))
                .map(|(name, help)| (name.to_owned(), Some(help.to_owned())))
                .collect()
        }
        WordPlace::Value(Some(keyword)) => values(keyword, &line),
        WordPlace::Value(None) => Vec::new(),
    };
    candidates(begun, offers)
}

/// The interfaces of the device's system, for an option.
pub(super) fn interfaces(begun: &OsStr) -> Vec<CompletionCandidate> {
    candidates(begun, interfaces_of(&TypedLine::read()))
}

/// The interfaces behind a name of an imported file and `=`.
pub(super) fn mapped_interfaces(begun: &OsStr) -> Vec<CompletionCandidate> {
    let begun = begun.to_string_lossy();
    let Some((name, _)) = begun.split_once('=') else {
        return Vec::new();
    };
    let offers = interfaces_of(&TypedLine::read()).into_iter();
    let offers = offers.map(|(interface, help)| (format!("{name}={interface}"), help));
    candidates(OsStr::new(&*begun), offers.collect())
}

/// The next hops of the routes that exist, for an option.
pub(super) fn next_hops(begun: &OsStr) -> Vec<CompletionCandidate> {
    candidates(begun, next_hops_of(&TypedLine::read()))
}

/// The prefixes of the routes that exist, for an option.
pub(super) fn prefixes(begun: &OsStr) -> Vec<CompletionCandidate> {
    candidates(begun, prefixes_of(&TypedLine::read()))
}

/// The names of protocols, for an option.
pub(super) fn protocols(begun: &OsStr) -> Vec<CompletionCandidate> {
    candidates(begun, protocol_names())
}

fn candidates(begun: &OsStr, offers: Vec<Offer>) -> Vec<CompletionCandidate> {
    let begun = begun.to_string_lossy().to_lowercase();
    offers
        .into_iter()
        .filter(|(word, _)| word.to_lowercase().starts_with(&begun))
        .map(|(word, help)| CompletionCandidate::new(word).help(help.map(Into::into)))
        .collect()
}

fn values(keyword: Keyword, line: &TypedLine) -> Vec<Offer> {
    match keyword {
        Keyword::Dev => interfaces_of(line),
        Keyword::Via => next_hops_of(line),
        Keyword::Protocol => protocol_names(),
        Keyword::Valid | Keyword::Preferred => without_help(LIFETIMES),
        Keyword::Loopback | Keyword::Autoconfigure | Keyword::Publish | Keyword::Immortal => {
            without_help(YES_NO)
        }
        Keyword::From | Keyword::Metric | Keyword::Site => Vec::new(),
    }
}

fn without_help<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<Offer> {
    let words = words.into_iter();
    words.map(|word| (word.to_owned(), None)).collect()
}

fn protocol_names() -> Vec<Offer> {
    without_help(RouteProtocol::NAMES.iter().map(|(_, name)| *name))
}

/// The interfaces by alias and index; none if the device cannot be opened.
fn interfaces_of(line: &TypedLine) -> Vec<Offer> {
    let names = InterfaceNames::new(line.device.as_deref());
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
fn prefixes_of(line: &TypedLine) -> Vec<Offer> {
    let routes = routes(line).into_iter();
    let offer = |route: Route| (route.destination.to_string(), Some(route.to_string()));
    each_once(routes.map(offer).collect())
}

/// The next hops of the routes that exist.
fn next_hops_of(line: &TypedLine) -> Vec<Offer> {
    let hops = routes(line).into_iter().filter_map(|route| {
        let hop = route.next_hop.address()?;
        let interface: Interface = route.interface;
        Some((hop.to_string(), Some(format!("dev {interface}"))))
    });
    each_once(hops.chain([(ON_LINK.to_owned(), None)]).collect())
}

/// The words in order, each with the first of its helps.
fn each_once(mut offers: Vec<Offer>) -> Vec<Offer> {
    offers.sort();
    offers.dedup_by(|(one, _), (other, _)| one == other);
    offers
}

fn routes(line: &TypedLine) -> Vec<Route> {
    let path = line.device.clone().unwrap_or_else(default_path);
    let device = Device::options().access(Access::ReadOnly).open(path);
    let routes = device.and_then(|device| device.routes(AddressFamily::UNSPECIFIED));
    routes.unwrap_or_default()
}
