//! `routectl route delete`

use std::io::{self, Write};

use ipforward::{Access, RouteKey};

use crate::arguments::{Arguments, RouteArguments};
use crate::failure::Failure;
use crate::output::{Answer, JsonKey, write_json};
use crate::words;

/// The key of a route that is gone.
#[derive(Debug)]
pub(crate) struct Deleted(RouteKey);

pub(crate) fn run(arguments: &Arguments, words: &RouteArguments) -> Result<Deleted, Failure> {
    let key = words::key(words)?;
    super::super::open(arguments, Access::ReadWrite)?
        .delete_route(&key)
        .map_err(|error| Failure::about(error, key))?;
    Ok(Deleted(key))
}

impl Answer for Deleted {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "deleted {}", self.0)
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, &JsonKey::from(&self.0))
    }
}
