//! `routectl route get`

use ipforward::{Access, Route};

use crate::arguments::{Arguments, RouteArguments};
use crate::failure::Failure;
use crate::words;

pub(crate) fn run(arguments: &Arguments, words: &RouteArguments) -> Result<Route, Failure> {
    let key = words::key(words)?;
    super::super::open(arguments, Access::ReadOnly)?
        .get_route(&key)
        .map_err(|error| Failure::about(error, key))
}
