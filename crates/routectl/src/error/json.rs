//! Errors as JSON.

use ipforward::abi::NtStatus;
use ipforward::{DriverError, Error, Route};
use serde::Serialize;

use super::CommandError;
use crate::import::RejectedLine;
use crate::output::JsonDiagnosis;

/// An error as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct JsonError {
    error: String,
    /// The symbolic name of the status.
    status: Option<&'static str>,
    /// The number of the status, as the documentation writes it.
    code: Option<String>,
    /// The Win32 error for the status.
    win32: Option<u32>,
    /// The rule that the route breaks.
    cause: Option<JsonDiagnosis>,
    hint: Option<String>,
    /// The routes that the user may have meant, as arguments of routectl.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<String>,
    /// The lines of the file that cannot be imported.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<RejectedLine>,
}

impl From<&CommandError> for JsonError {
    fn from(error: &CommandError) -> Self {
        let driver_error = error.device_error().and_then(Error::driver_error);
        let status = driver_error.and_then(DriverError::status);
        Self {
            error: error.to_string(),
            status: status.and_then(NtStatus::names).map(|names| names.name),
            code: status.map(|status| format!("0x{:08X}", status.bits())),
            win32: error.win32(),
            cause: error.diagnosis().map(JsonDiagnosis::from),
            hint: error.hint().map(|hint| hint.to_string()),
            candidates: error.candidates().iter().map(Route::to_string).collect(),
            lines: error.lines().to_vec(),
        }
    }
}
