//! `routectl explain`

use std::io::{self, Write};

use ipforward::{Access, Route, WeighedRoute};
use serde::Serialize;

use crate::arguments::{Arguments, RouteArguments};
use crate::cause::Cause;
use crate::exit::Exit;
use crate::failure::{Failure, write_cause, write_remedy};
use crate::output::{Answer, JsonCause, JsonKey, write_json};
use crate::remedy::Remedy;
use crate::words;

/// What would be wrong with a route.
#[derive(Debug)]
pub(super) struct Explained {
    route: Route,
    /// `None` if nothing is.
    cause: Option<Cause>,
    /// The route in the way, if that is what is wrong.
    existing: Option<WeighedRoute>,
}

#[derive(Debug, Serialize)]
struct JsonExplained {
    #[serde(flatten)]
    key: JsonKey,
    metric: u32,
    sound: bool,
    cause: Option<JsonCause>,
    remedy: Option<String>,
}

pub(super) fn run(arguments: &Arguments, words: &RouteArguments) -> Result<Explained, Failure> {
    let route = words::route(words)?;
    let device = super::open(arguments, Access::ReadOnly)?;
    let diagnosis = device.explain_route(&route, None)?;
    let cause = diagnosis.is_fault().then(|| Cause::told(diagnosis, route));
    let existing = match cause.as_ref().and_then(Cause::existing) {
        Some(existing) => Some(device.weigh(*existing)?),
        None => None,
    };
    Ok(Explained {
        route,
        cause,
        existing,
    })
}

impl Explained {
    fn remedy(&self) -> Option<Remedy> {
        Remedy::of_cause(self.cause.as_ref()?)
    }
}

impl Answer for Explained {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(cause) = &self.cause else {
            return writeln!(out, "nothing is wrong with {}", self.route);
        };
        writeln!(out, "{} would be refused", self.route)?;
        write_cause(out, cause)?;
        if let Some(remedy) = self.remedy() {
            write_remedy(out, &remedy)?;
        }
        match &self.existing {
            Some(existing) => existing.write_text(out),
            None => Ok(()),
        }
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let explained = JsonExplained {
            key: JsonKey::from(&self.route.key()),
            metric: self.route.metric,
            sound: self.cause.is_none(),
            cause: self.cause.as_ref().map(JsonCause::from),
            remedy: self.remedy().map(|remedy| remedy.to_string()),
        };
        write_json(out, &explained)
    }

    fn exit(&self) -> Exit {
        match self.cause {
            Some(_) => Exit::Refused,
            None => Exit::Success,
        }
    }
}
