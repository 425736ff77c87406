//! The command line of `routectl selftest`.

use std::path::PathBuf;

use clap::Args;
use humantime::Duration;

use crate::spec::IpFamily;

/// The cases to run, and where.
#[derive(Args, Debug)]
pub(crate) struct SelftestArguments {
    /// Only cases whose GROUP/CASE contains one of these words
    #[arg(value_name = "CASE")]
    pub(crate) cases: Vec<String>,
    /// List the cases and run none
    #[arg(long)]
    pub(crate) list: bool,
    /// The interface of the routes [default: the loopback interface]
    #[arg(long, value_name = "INTERFACE")]
    pub(crate) interface: Option<String>,
    /// Cases of one family, and those without a family
    #[arg(long)]
    pub(crate) family: Option<IpFamily>,
    /// Also write a report in the XML of JUnit
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// How long a case waits for the driver
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub(crate) wait: Duration,
}
