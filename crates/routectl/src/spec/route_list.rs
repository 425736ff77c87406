//! The routes of a text one after the other: a list in JSON, and the tables of TOML.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::route_entry::RouteEntry;

/// The member with the routes.
const ROUTE: &str = "route";

/// Takes the routes of a list.
pub(super) trait TakeRoute {
    fn take(&mut self, route: &RouteEntry);
}

/// Reads a list of routes in JSON.
pub(super) fn json_list(text: &str, take: &mut impl TakeRoute) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(text);
    List(take).deserialize(&mut json)?;
    json.end()
}

/// Reads an object in JSON whose member `route` is a list of routes.
pub(super) fn json_object(text: &str, take: &mut impl TakeRoute) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(Object(take))?;
    json.end()
}

struct List<'a, T>(&'a mut T);

impl<'de, T: TakeRoute> DeserializeSeed<'de> for List<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, list: D) -> Result<(), D::Error> {
        list.deserialize_seq(self)
    }
}

impl<'de, T: TakeRoute> Visitor<'de> for List<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(route) = list.next_element()? {
            self.0.take(&route);
        }
        Ok(())
    }
}

struct Object<'a, T>(&'a mut T);

impl<'de, T: TakeRoute> Visitor<'de> for Object<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a file of routes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut has_list = false;
        while let Some(name) = object.next_key::<String>()? {
            if name != ROUTE {
                return Err(A::Error::unknown_field(&name, &[ROUTE]));
            }
            if has_list {
                return Err(A::Error::duplicate_field(ROUTE));
            }
            has_list = true;
            object.next_value_seed(List(&mut *self.0))?;
        }
        Ok(())
    }
}

/// The parts of a text of TOML that begin with a line `[[route]]`, and the part before the first of
/// them. Together they are the whole text.
pub(super) fn toml_parts(text: &str) -> impl Iterator<Item = &str> {
    let mut tokens = Source::new(text).lex();
    let mut line_start = Some(0);
    let headers = std::iter::from_fn(move || {
        for token in tokens.by_ref() {
            let span = token.span();
            match token.kind() {
                TokenKind::Newline => line_start = Some(span.end()),
                TokenKind::Whitespace => {}
                TokenKind::LeftSquareBracket if is_header(&text[span.start()..]) => {
                    if let Some(start) = line_start.take() {
                        return Some(start);
                    }
                }
                _ => line_start = None,
            }
        }
        None
    });
    let mut start = 0;
    headers.chain([text.len()]).map(move |end| {
        let part = &text[start..end];
        start = end;
        part
    })
}

/// True if a text begins with the header of a route.
fn is_header(text: &str) -> bool {
    let name = || {
        let (name, _) = text.lines().next()?.strip_prefix("[[")?.split_once("]]")?;
        Some(name.trim_matches([' ', '\t']))
    };
    name() == Some(ROUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_toml_begins_with_the_header_of_a_route() {
        for parts in [
            &["", "[[route]]\na = 1\n", "[[route]] # x\n"][..],
            &[
                "# [[route]]\n\n",
                " [[ route ]]\r\na = 1\r\n",
                "\t[[route]]",
            ],
            &[
                "a = '''\n[[route]]\n'''\n",
                "[[route]]\n[[routes]]\n[[route.x]]\n",
            ],
            &["a = [\n", "[[route]]\n"],
            &["a = 1 [[route]]\n"],
            &[""],
        ] {
            assert_eq!(toml_parts(&parts.concat()).collect::<Vec<_>>(), parts);
        }
    }
}
