//! The names of nthost's interfaces.

use std::io;

use abi::{Guid, NtStatus};
use nthost_protocol::CallHeader;
use nthost_protocol::syscall::CallKind;
use zerocopy::little_endian::{U32, U64};

use super::connection::{HostConnection, HostReply};

impl HostConnection {
    /// The LUID of the interface with this alias.
    pub(crate) fn luid_of_alias(&self, alias: &str) -> Result<Option<u64>, io::ErrorKind> {
        let answer = self.query_name(0, 0, alias.as_bytes())?;
        Ok(answer.map(|(header, _)| header.information.get()))
    }

    /// The LUID of the interface whose adapter has this GUID.
    pub(crate) fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, io::ErrorKind> {
        let answer = self.query_name(2, 0, guid.to_string().as_bytes())?;
        Ok(answer.map(|(header, _)| header.information.get()))
    }

    /// The alias of the interface with this LUID.
    pub(crate) fn alias_of_luid(&self, luid: u64) -> Result<Option<String>, io::ErrorKind> {
        let answer = self.query_name(1, luid, &[])?;
        Ok(answer.map(|(_, alias)| String::from_utf8_lossy(&alias).into_owned()))
    }

    /// The host's answer; `None` if it has no such interface.
    fn query_name(
        &self,
        argument: u32,
        luid: u64,
        name: &[u8],
    ) -> Result<Option<HostReply>, io::ErrorKind> {
        let header = CallHeader {
            kind: U32::new(CallKind::Alias as u32),
            argument: U32::new(argument),
            target: U64::new(luid),
            ..CallHeader::default()
        };
        let reply = self.call(header, name)?;
        let is_known = NtStatus::new(reply.0.status.get()).is_success();
        Ok(is_known.then_some(reply))
    }
}
