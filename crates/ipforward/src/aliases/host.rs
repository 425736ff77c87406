//! The aliases of nthost's interfaces.

use std::io;
use std::path::Path;

use abi::Guid;

use crate::error::Error;
use crate::transport::{HostConnection, connect};

/// A connection to the host.
#[derive(Debug)]
pub(super) struct AliasSource(HostConnection);

impl AliasSource {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        connect(path).map(Self)
    }

    pub(super) fn luid(&self, alias: &str) -> Result<Option<u64>, Error> {
        self.0.luid_of_alias(alias).map_err(gone)
    }

    pub(super) fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, Error> {
        self.0.luid_of_guid(guid).map_err(gone)
    }

    pub(super) fn alias(&self, luid: u64) -> Result<Option<String>, Error> {
        self.0.alias_of_luid(luid).map_err(gone)
    }
}

const fn gone(kind: io::ErrorKind) -> Error {
    Error::HostGone { kind }
}
