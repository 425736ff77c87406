//! A route in the words of iproute2: a prefix, then `via`, `dev` and others in any order.

mod hold;
mod members;
mod prefix;
mod unsound;
mod word;

use std::net::IpAddr;

use ipforward::{Destination, Error, Interface, IpNet, NextHop, Route, RouteKey};

use crate::arguments::{Family, RouteArguments};
use crate::names::Names;

pub(crate) use hold::{Held, held};
pub(crate) use members::Members;
pub(crate) use prefix::parse_prefix;
pub(crate) use unsound::{Asked, asked};
pub(crate) use word::{KEY, PACKET, ROUTE, Word};

/// Why words make no route. Names the wrong word and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WordsError {
    #[error(
        "`{0}` is no prefix: right would be ADDRESS/LENGTH (10.20.0.0/16, 2001:db8::/32), \
         an address, or `default`"
    )]
    Prefix(String),
    #[error("the length of `{word}` is wrong: an {family} prefix has 0 to {bits} bits")]
    Length {
        word: String,
        family: &'static str,
        bits: u8,
    },
    #[error("`{0}` is no word of this command: right would be {right}", right = word::names(.1))]
    Unknown(String, &'static [Word]),
    #[error("`{name}` is there twice", name = .0.name())]
    Twice(Word),
    #[error("`{name}` says nothing: right would be {right}", name = .0.name(), right = .0.right())]
    ValueMissing(Word),
    #[error("`{name} {1}` is wrong: right would be {right}", name = .0.name(), right = .0.right())]
    Value(Word, String),
    #[error(
        "`dev` is missing: the interface by its index (dev 7), its alias (dev Ethernet) \
         or its LUID (dev luid:0x…)"
    )]
    DevMissing,
    #[error("nothing to change is said: right would be at least one of {right}", right = word::names(word::MEMBERS))]
    NothingToChange,
    /// Who knows what interfaces are called cannot be asked.
    #[error(transparent)]
    Device(#[from] Error),
}

/// The route of `route add`.
pub(crate) fn route(arguments: &RouteArguments, names: &Names) -> Result<Route, WordsError> {
    let said = Said::parse(arguments, word::ROUTE, names)?;
    let key = said.key()?;
    let route = Route::new(key.destination, key.interface).via(key.next_hop);
    Ok(said.members.put_on(route))
}

/// The route of `route set`, and what to change of it.
pub(crate) fn change(
    arguments: &RouteArguments,
    names: &Names,
) -> Result<(RouteKey, Members), WordsError> {
    let said = Said::parse(arguments, word::ROUTE, names)?;
    if said.members == Members::default() {
        return Err(WordsError::NothingToChange);
    }
    Ok((said.key()?, said.members))
}

/// The route that `route delete` is about: a metric does not tell routes apart.
pub(crate) fn key(arguments: &RouteArguments, names: &Names) -> Result<RouteKey, WordsError> {
    Said::parse(arguments, word::KEY, names)?.key()
}

/// What `route get` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The route with these keys.
    Route(RouteKey),
    /// The route that a packet would take.
    Best(Destination),
}

/// What `route get` asks for: an address without a length is where a packet goes.
pub(crate) fn wanted(arguments: &RouteArguments, names: &Names) -> Result<Wanted, WordsError> {
    let first = arguments.words.first().map(String::as_str);
    let Some(address) = first.and_then(|word| word.parse::<IpAddr>().ok()) else {
        return key(arguments, names).map(Wanted::Route);
    };
    let said = Said::parse(arguments, word::PACKET, names)?;
    let mut destination = Destination::new(address);
    destination.interface = said.interface;
    destination.source = said.source;
    Ok(Wanted::Best(destination))
}

/// What the words say.
struct Said {
    destination: IpNet,
    next_hop: Option<NextHop>,
    source: Option<IpAddr>,
    interface: Option<Interface>,
    members: Members,
}

impl Said {
    fn parse(
        arguments: &RouteArguments,
        allowed: &'static [Word],
        names: &Names,
    ) -> Result<Self, WordsError> {
        let (prefix, rest) = arguments
            .words
            .split_first()
            .ok_or_else(|| WordsError::Prefix(String::new()))?;
        let mut via_family = None;
        let mut said = Self {
            destination: parse_prefix(prefix)?,
            next_hop: None,
            source: None,
            interface: None,
            members: Members::default(),
        };
        for pair in rest.chunks(2) {
            let word = allowed
                .iter()
                .copied()
                .find(|word| word.name() == pair[0])
                .ok_or_else(|| WordsError::Unknown(pair[0].clone(), allowed))?;
            let value = pair.get(1).ok_or(WordsError::ValueMissing(word))?;
            match word {
                Word::Via => {
                    word::set(&mut said.next_hop, word, value)?;
                    via_family = Some(if value.contains(':') {
                        Family::Ipv6
                    } else {
                        Family::Ipv4
                    });
                }
                Word::From => word::set(&mut said.source, word, value)?,
                Word::Dev => word::put(&mut said.interface, word, names.dev(value)?)?,
                _ => said.members.set(word, value)?,
            }
        }
        if prefix == prefix::DEFAULT && arguments.family.or(via_family) == Some(Family::Ipv6) {
            said.destination = prefix::whole_ipv6();
        }
        Ok(said)
    }

    fn key(&self) -> Result<RouteKey, WordsError> {
        let interface = self.interface.ok_or(WordsError::DevMissing)?;
        let key = RouteKey::new(self.destination, interface);
        Ok(match self.next_hop {
            Some(next_hop) => key.via(next_hop),
            None => key,
        })
    }
}

#[cfg(test)]
mod tests;
