//! A route of a file.

use std::fmt;

use ipforward::{Route, RouteFlags};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::arguments::RouteArguments;
use super::error::SpecError;
use super::interface_names::InterfaceNames;
use super::keyword::Keyword;

/// A route of a file: the members have the names of the keywords, or those of routectl's JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteEntry {
    #[serde(alias = "destination")]
    prefix: String,
    #[serde(alias = "next_hop", alias = "gateway")]
    via: Option<String>,
    #[serde(alias = "interface")]
    dev: Option<NumberOrText>,
    /// In JSON. It names the interface more surely than its index.
    interface_luid: Option<String>,
    /// In JSON.
    interface_index: Option<u32>,
    metric: Option<u32>,
    protocol: Option<NumberOrText>,
    #[serde(alias = "valid_lifetime")]
    valid: Option<NumberOrText>,
    #[serde(alias = "preferred_lifetime")]
    preferred: Option<NumberOrText>,
    #[serde(alias = "site_prefix_length")]
    site: Option<u8>,
    loopback: Option<bool>,
    #[serde(alias = "autoconfigure_address")]
    autoconfigure: Option<bool>,
    publish: Option<bool>,
    immortal: Option<bool>,
    /// In JSON: the flags that are set. Those that are not listed are not set.
    flags: Option<Vec<String>>,
    #[serde(default)]
    lease: bool,
    #[serde(default)]
    pub(super) guard: bool,
    // Members of routectl's JSON that the stack sets.
    #[serde(rename = "interface_metric")]
    _interface_metric: Option<IgnoredAny>,
    #[serde(rename = "complete_metric")]
    _complete_metric: Option<IgnoredAny>,
    #[serde(rename = "origin")]
    _origin: Option<IgnoredAny>,
    #[serde(rename = "age")]
    _age: Option<IgnoredAny>,
    #[serde(rename = "in_use")]
    _in_use: Option<IgnoredAny>,
    #[serde(rename = "unused_because")]
    _unused_because: Option<IgnoredAny>,
}

/// A number or a text: `7` or `"Ethernet"`, `60` or `"forever"`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a number or a text")]
enum NumberOrText {
    Number(u32),
    Text(String),
}

impl fmt::Display for NumberOrText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}

impl RouteEntry {
    /// The key that asks for a lease, if one does.
    pub(super) const fn lease_key(&self) -> Option<&'static str> {
        match (self.lease, self.guard) {
            (true, _) => Some("lease"),
            (false, true) => Some("guard"),
            (false, false) => None,
        }
    }

    /// The route.
    pub(super) fn route(&self, names: &InterfaceNames) -> Result<Route, SpecError> {
        super::route(&self.as_arguments(), names)
    }

    /// The arguments of `route add` for this route.
    fn as_arguments(&self) -> RouteArguments {
        let text = |value: &Option<NumberOrText>| value.as_ref().map(NumberOrText::to_string);
        let mut pairs = vec![
            (Keyword::Dev, self.dev()),
            (Keyword::Via, self.via.clone()),
            (
                Keyword::Metric,
                self.metric.map(|metric| metric.to_string()),
            ),
            (Keyword::Protocol, text(&self.protocol)),
            (Keyword::Valid, text(&self.valid)),
            (Keyword::Preferred, text(&self.preferred)),
            (Keyword::Site, self.site.map(|bits| bits.to_string())),
        ];
        let flags = [
            (Keyword::Loopback, self.loopback, RouteFlags::LOOPBACK),
            (
                Keyword::Autoconfigure,
                self.autoconfigure,
                RouteFlags::AUTOCONFIGURE_ADDRESS,
            ),
            (Keyword::Publish, self.publish, RouteFlags::PUBLISH),
            (Keyword::Immortal, self.immortal, RouteFlags::IMMORTAL),
        ];
        pairs.extend(flags.map(|(keyword, value, flag)| {
            let value = value.or_else(|| self.is_listed(flag));
            let yes_or_no = value.map(|yes| if yes { "yes" } else { "no" });
            (keyword, yes_or_no.map(str::to_owned))
        }));
        let mut spec = vec![self.prefix.clone()];
        for (keyword, value) in pairs {
            if let Some(value) = value {
                spec.extend([keyword.name().to_owned(), value]);
            }
        }
        RouteArguments { spec, family: None }
    }

    /// The interface, as a value of `dev`.
    fn dev(&self) -> Option<String> {
        if let Some(dev) = &self.dev {
            return Some(dev.to_string());
        }
        let luid = self.interface_luid.as_ref();
        let luid = luid.map(|luid| format!("luid:{luid}"));
        luid.or_else(|| self.interface_index.map(|index| index.to_string()))
    }

    /// Whether a flag is in the list of the flags that are set; `None` without such a list.
    fn is_listed(&self, flag: RouteFlags) -> Option<bool> {
        let flags = self.flags.as_ref()?;
        let mut names = flag.iter_names().map(|(name, _)| name);
        let name = names.next()?;
        Some(flags.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }
}
