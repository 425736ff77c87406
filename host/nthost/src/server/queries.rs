//! System calls that ask for names and need no handle.

use nt_types::{Guid, NtStatus};
use nthost_protocol::CallHeader;

use super::call::Answer;

/// `CM_Get_Device_Interface_List`.
pub(super) fn interfaces(class: &[u8], room: u32) -> Answer {
    let paths = nt_io::interfaces(&String::from_utf8_lossy(class));
    Answer::list(paths.len(), room, || paths.join("\n"))
}

/// `ConvertInterfaceAliasToLuid`, `ConvertInterfaceLuidToAlias` and `ConvertInterfaceGuidToLuid`.
pub(super) fn alias(header: &CallHeader, name: &[u8]) -> Answer {
    let answer = match (header.argument.get(), std::str::from_utf8(name)) {
        (0, Ok(alias)) => nt_netio::stack().alias_to_luid(alias).map(Answer::success),
        (1, _) => nt_netio::stack()
            .luid_to_alias(header.target.get())
            .map(|alias| Answer {
                output: alias.into_bytes(),
                ..Answer::success(0)
            }),
        (2, Ok(guid)) => guid
            .parse::<Guid>()
            .map_err(|_| NtStatus::INVALID_PARAMETER)
            .and_then(|guid| nt_netio::stack().guid_to_luid(guid))
            .map(Answer::success),
        _ => Err(NtStatus::INVALID_PARAMETER),
    };
    answer.unwrap_or_else(Answer::status)
}
