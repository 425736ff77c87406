//! Reading a route from its text form.

use std::str::FromStr;

use ipnet::IpNet;

use super::words::split;
use super::{Interface, Lifetime, NextHop, Route, RouteFlags};

/// The text is not a route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRoute {
    /// The text does not begin with a prefix.
    #[error("invalid prefix `{0}`: expected ADDRESS/LENGTH (10.20.0.0/16, 2001:db8::/32)")]
    Prefix(String),
    /// A word is not a keyword.
    #[error("unknown keyword `{0}`: expected via, dev, metric or another member of a route")]
    Keyword(String),
    /// The value of a keyword is missing or invalid.
    #[error("invalid value `{value}` of `{keyword}`")]
    Value {
        /// The keyword.
        keyword: String,
        /// Its value; empty if there is none.
        value: String,
    },
    /// A keyword occurs twice.
    #[error("`{0}` given twice")]
    Twice(String),
    /// The text does not name the interface.
    #[error(
        "missing `dev`: expected an index (dev 7), an alias (dev Ethernet) or a LUID (dev luid:0x0006008001000000)"
    )]
    NoInterface,
}

impl FromStr for Route {
    type Err = InvalidRoute;

    /// Reads what `{:#}` writes: a prefix, then pairs of a keyword and a value in any order. Members
    /// that are not given have the values of a [new](Route::new) route; with a finite valid lifetime
    /// those of [`valid_for`](Route::valid_for). Age and origin are not part of the text. An alias
    /// with spaces is in quotation marks.
    fn from_str(text: &str) -> Result<Self, InvalidRoute> {
        let words = split(text);
        let mut words = words.iter().map(String::as_str);
        let prefix = words.next().unwrap_or_default();
        let destination = prefix
            .parse::<IpNet>()
            .map_err(|_| InvalidRoute::Prefix(prefix.to_owned()))?;
        let mut members = Vec::new();
        while let Some(keyword) = words.next() {
            if members.iter().any(|(known, _)| *known == keyword) {
                return Err(InvalidRoute::Twice(keyword.to_owned()));
            }
            members.push((keyword, words.next().unwrap_or_default()));
        }
        let interface = value_of(&members, "dev").ok_or(InvalidRoute::NoInterface)?;
        let interface = parse::<Interface>("dev", interface)?;
        let mut route = Self::new(destination, interface);
        if let Some(valid) = value_of(&members, "valid") {
            route = route.valid_for(parse::<Lifetime>("valid", valid)?);
        }
        for (keyword, value) in members {
            route.set_member(keyword, value)?;
        }
        Ok(route)
    }
}

impl Route {
    /// Sets the member with this keyword; `dev` and `valid` are set already.
    fn set_member(&mut self, keyword: &str, value: &str) -> Result<(), InvalidRoute> {
        match keyword {
            "dev" | "valid" => {}
            "via" => self.next_hop = parse::<NextHop>(keyword, value)?,
            "metric" => self.metric = parse(keyword, value)?,
            "protocol" => self.protocol = parse(keyword, value)?,
            "preferred" => self.preferred_lifetime = parse(keyword, value)?,
            "site" => self.site_prefix_length = parse(keyword, value)?,
            _ => {
                let named = |(_, name): &&(RouteFlags, &str)| *name == keyword;
                let flag = RouteFlags::KEYWORDS.iter().find(named);
                let (flag, _) = flag.ok_or_else(|| InvalidRoute::Keyword(keyword.to_owned()))?;
                let is_set = match value {
                    "yes" => true,
                    "no" => false,
                    _ => return Err(invalid(keyword, value)),
                };
                self.flags.set(*flag, is_set);
            }
        }
        Ok(())
    }
}

fn value_of<'a>(members: &[(&str, &'a str)], keyword: &str) -> Option<&'a str> {
    let given = members.iter().find(|(known, _)| *known == keyword);
    given.map(|(_, value)| *value)
}

fn parse<T: FromStr>(keyword: &str, value: &str) -> Result<T, InvalidRoute> {
    value.parse().map_err(|_| invalid(keyword, value))
}

fn invalid(keyword: &str, value: &str) -> InvalidRoute {
    InvalidRoute::Value {
        keyword: keyword.to_owned(),
        value: value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_route_names_the_wrong_word() {
        let invalid = |text: &str| text.parse::<Route>().unwrap_err().to_string();
        for (text, expected) in [
            ("", "invalid prefix ``: expected ADDRESS/LENGTH"),
            ("10.0.0.0/33 dev 7", "invalid prefix `10.0.0.0/33`"),
            ("10.0.0.0/8 via 192.0.2.1", "missing `dev`"),
            ("10.0.0.0/8 dev", "invalid value `` of `dev`"),
            ("10.0.0.0/8 dev 7 metrik 5", "unknown keyword `metrik`"),
            ("10.0.0.0/8 dev 7 publish maybe", "invalid value `maybe`"),
            ("10.0.0.0/8 dev 7 dev 8", "`dev` given twice"),
        ] {
            let error = invalid(text);
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn members_come_in_any_order() {
        let route: Route = "10.20.0.0/16 preferred 30 metric 5 valid 60 dev 7 via 192.0.2.254"
            .parse()
            .unwrap();
        assert_eq!(
            format!("{route:#}"),
            "10.20.0.0/16 via 192.0.2.254 dev 7 metric 5 valid 60 preferred 30"
        );
    }
}
