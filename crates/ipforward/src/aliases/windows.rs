//! The aliases of this system, from the IP Helper API.

use std::path::Path;

use abi::Guid;

use crate::error::Error;
use crate::transport::{alias_of_luid, luid_of_alias, luid_of_guid};

/// The IP Helper API needs no state.
#[derive(Debug)]
pub(super) struct AliasSource;

#[expect(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "other systems ask a host, which may be gone"
)]
impl AliasSource {
    pub(super) const fn open(_path: &Path) -> Result<Self, Error> {
        Ok(Self)
    }

    pub(super) fn luid(&self, alias: &str) -> Result<Option<u64>, Error> {
        Ok(luid_of_alias(alias))
    }

    pub(super) fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, Error> {
        Ok(luid_of_guid(guid))
    }

    pub(super) fn alias(&self, luid: u64) -> Result<Option<String>, Error> {
        Ok(alias_of_luid(luid))
    }
}
