//! System calls that ask for names and need no handle.

use nt_types::NtStatus;
use nthost_protocol::CallHeader;

use super::call::Answer;

/// `CM_Get_Device_Interface_List`.
pub(super) fn interfaces(class: &[u8], room: u32) -> Answer {
    let paths = nt_io::interfaces(&String::from_utf8_lossy(class));
    Answer::list(paths.len(), room, || paths.join("\n"))
}

/// `ConvertInterfaceAliasToLuid` and `ConvertInterfaceLuidToAlias`.
pub(super) fn alias(header: &CallHeader, alias: &[u8]) -> Answer {
    let answer = match (header.argument.get(), std::str::from_utf8(alias)) {
        (0, Ok(alias)) => nt_netio::stack().alias_to_luid(alias).map(Answer::success),
        (1, _) => nt_netio::stack()
            .luid_to_alias(header.target.get())
            .map(|alias| Answer {
                output: alias.into_bytes(),
                ..Answer::success(0)
            }),
        _ => Err(NtStatus::INVALID_PARAMETER),
    };
    answer.unwrap_or_else(Answer::status)
}
