//! The aliases of nthost's interfaces.

use std::path::Path;

use abi::{Guid, NtStatus};
use nthost_protocol::CallHeader;
use nthost_protocol::syscall::CallKind;
use zerocopy::little_endian::{U32, U64};

use crate::error::Error;
use crate::transport::{HostConnection, HostReply, connect};

/// A connection to the host.
#[derive(Debug)]
pub(super) struct AliasSource(HostConnection);

impl AliasSource {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        connect(path).map(Self)
    }

    pub(super) fn luid(&self, alias: &str) -> Result<Option<u64>, Error> {
        let answer = self.query(0, 0, alias.as_bytes())?;
        Ok(answer.map(|(header, _)| header.information.get()))
    }

    pub(super) fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, Error> {
        let answer = self.query(2, 0, guid.to_string().as_bytes())?;
        Ok(answer.map(|(header, _)| header.information.get()))
    }

    pub(super) fn alias(&self, luid: u64) -> Result<Option<String>, Error> {
        let answer = self.query(1, luid, &[])?;
        Ok(answer.map(|(_, alias)| String::from_utf8_lossy(&alias).into_owned()))
    }

    /// The host's answer; `None` if it has no such interface.
    fn query(&self, argument: u32, luid: u64, name: &[u8]) -> Result<Option<HostReply>, Error> {
        let header = CallHeader {
            kind: U32::new(CallKind::Alias as u32),
            argument: U32::new(argument),
            target: U64::new(luid),
            ..CallHeader::default()
        };
        let reply = self.0.call(header, name);
        let reply = reply.map_err(|kind| Error::HostGone { kind })?;
        let is_known = NtStatus::new(reply.0.status.get()).is_success();
        Ok(is_known.then_some(reply))
    }
}
