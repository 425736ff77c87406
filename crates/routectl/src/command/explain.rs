//! `routectl explain`

use std::io::{self, Write};

use ipforward::abi::NtStatus;
use ipforward::{Access, Diagnosis, Route, RouteWithMetric};
use serde::Serialize;

use crate::cli::Cli;
use crate::diagnosis::{Hint, JsonWarning, RouteDiagnosis, Warning};
use crate::error::{CommandError, write_cause, write_hint, write_warning};
use crate::exit::Exit;
use crate::output::{CommandOutput, JsonDiagnosis, JsonKey, JsonMembers, write_json};
use crate::spec::{self, RouteArguments, RowSpec};

/// The result of checking a route.
#[derive(Debug)]
pub(super) struct Explanation {
    route: Route,
    /// The text of the user, if the row is not a route.
    text: Option<String>,
    /// `None` if the route breaks no rule.
    cause: Option<RouteDiagnosis>,
    /// True if only some versions of Windows refuse the route.
    disputed: bool,
    /// The existing route with the same key, if that is the cause.
    existing: Option<RouteWithMetric>,
    /// Probable mistakes that the stack accepts.
    warnings: Vec<Warning>,
}

#[derive(Debug, Serialize)]
struct JsonExplanation {
    #[serde(flatten)]
    key: JsonKey,
    #[serde(flatten)]
    members: JsonMembers,
    valid: bool,
    /// True if only some versions of Windows refuse the route.
    disputed: bool,
    cause: Option<JsonDiagnosis>,
    hint: Option<String>,
    warnings: Vec<JsonWarning>,
}

pub(super) fn run(cli: &Cli, arguments: &RouteArguments) -> Result<Explanation, CommandError> {
    let RowSpec { route, row, text } = spec::row(arguments, &cli.interface_names())?;
    let device = super::open(cli, Access::ReadOnly)?;
    let certain = device.explain_row(&row, None)?;
    // The driver names a disputed rule only for a given status.
    let diagnosis = match certain {
        Diagnosis::NothingFound => device.explain_row(&row, Some(NtStatus::INVALID_PARAMETER))?,
        certain => certain,
    };
    let cause = diagnosis
        .is_fault()
        .then(|| RouteDiagnosis::of_driver(diagnosis, route));
    let existing = match cause.as_ref().and_then(RouteDiagnosis::existing) {
        Some(existing) => Some(device.with_metric(*existing)?),
        None => None,
    };
    let warnings = match &cause {
        None => Warning::of_route(&device, &route)?,
        Some(_) => Vec::new(),
    };
    Ok(Explanation {
        route,
        text,
        disputed: cause.is_some() && !certain.is_fault(),
        cause,
        existing,
        warnings,
    })
}

impl Explanation {
    fn subject(&self) -> String {
        self.text
            .clone()
            .unwrap_or_else(|| format!("{:#}", self.route))
    }

    fn write_accepted(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.warnings.is_empty() {
            return writeln!(out, "nothing is wrong with {}", self.subject());
        }
        writeln!(out, "{} would be accepted", self.subject())?;
        self.warnings
            .iter()
            .try_for_each(|warning| write_warning(out, warning))
    }

    fn hint(&self) -> Option<Hint> {
        Hint::of_diagnosis(self.cause.as_ref()?)
    }
}

impl CommandOutput for Explanation {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(cause) = &self.cause else {
            return self.write_accepted(out);
        };
        if self.disputed {
            let subject = self.subject();
            writeln!(
                out,
                "{subject} is refused by some versions of Windows and accepted by others"
            )?;
        } else {
            writeln!(out, "{} would be refused", self.subject())?;
        }
        write_cause(out, cause)?;
        if let Some(hint) = self.hint() {
            write_hint(out, &hint)?;
        }
        match &self.existing {
            Some(existing) => existing.write_text(out),
            None => Ok(()),
        }
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let explained = JsonExplanation {
            key: JsonKey::from(&self.route.key()),
            members: JsonMembers::from(&self.route),
            valid: self.cause.is_none(),
            disputed: self.disputed,
            cause: self.cause.as_ref().map(JsonDiagnosis::from),
            hint: self.hint().map(|hint| hint.to_string()),
            warnings: self.warnings.iter().map(JsonWarning::from).collect(),
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
