//! `routectl explain`

use std::io::{self, Write};

use ipforward::abi::NtStatus;
use ipforward::{Access, Diagnosis, Route, RouteWithMetric};
use serde::Serialize;

use crate::arguments::{Arguments, RouteArguments};
use crate::cause::Cause;
use crate::exit::Exit;
use crate::failure::{Failure, write_cause, write_remedy};
use crate::names::Names;
use crate::output::{Answer, JsonCause, JsonKey, JsonMembers, write_json};
use crate::remedy::Remedy;
use crate::words::{self, Asked};

/// What would be wrong with a route.
#[derive(Debug)]
pub(super) struct Explained {
    route: Route,
    /// The route as it was said, if it is none.
    said: Option<String>,
    /// `None` if nothing is.
    cause: Option<Cause>,
    /// Whether only some versions of Windows refuse it.
    disputed: bool,
    /// The route in the way, if that is what is wrong.
    existing: Option<RouteWithMetric>,
}

#[derive(Debug, Serialize)]
struct JsonExplained {
    #[serde(flatten)]
    key: JsonKey,
    #[serde(flatten)]
    members: JsonMembers,
    sound: bool,
    /// Whether only some versions of Windows refuse it.
    disputed: bool,
    cause: Option<JsonCause>,
    remedy: Option<String>,
}

pub(super) fn run(arguments: &Arguments, words: &RouteArguments) -> Result<Explained, Failure> {
    let Asked { route, row, said } = words::asked(words, &Names::new(arguments))?;
    let device = super::open(arguments, Access::ReadOnly)?;
    let sure = device.explain_row(&row, None)?;
    // What a stack may take or refuse, the driver names if it is told of a refusal.
    let diagnosis = match sure {
        Diagnosis::NothingFound => device.explain_row(&row, Some(NtStatus::INVALID_PARAMETER))?,
        sure => sure,
    };
    let cause = diagnosis.is_fault().then(|| Cause::told(diagnosis, route));
    let existing = match cause.as_ref().and_then(Cause::existing) {
        Some(existing) => Some(device.with_metric(*existing)?),
        None => None,
    };
    Ok(Explained {
        route,
        said,
        disputed: cause.is_some() && !sure.is_fault(),
        cause,
        existing,
    })
}

impl Explained {
    fn subject(&self) -> String {
        self.said
            .clone()
            .unwrap_or_else(|| format!("{:#}", self.route))
    }

    fn remedy(&self) -> Option<Remedy> {
        Remedy::of_cause(self.cause.as_ref()?)
    }
}

impl Answer for Explained {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(cause) = &self.cause else {
            return writeln!(out, "nothing is wrong with {}", self.subject());
        };
        if self.disputed {
            let subject = self.subject();
            writeln!(
                out,
                "{subject} is refused by some versions of Windows and taken by others"
            )?;
        } else {
            writeln!(out, "{} would be refused", self.subject())?;
        }
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
            members: JsonMembers::from(&self.route),
            sound: self.cause.is_none(),
            disputed: self.disputed,
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
