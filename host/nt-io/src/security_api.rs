//! `ZwSetSecurityObject`: the security descriptor of a device that a driver has created.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::ob::handles;
use nt_kernel::security::{self, AccessEntry, EntryKind};
use nt_kernel::{fault, unimplemented};
use nt_types::NtStatus;

use crate::device::Device;
use crate::security::{Ace, AceKind, Descriptor};

/// `DACL_SECURITY_INFORMATION`.
const DACL: u32 = 4;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![ZwSetSecurityObject]
}

/// `PASSIVE_LEVEL`. The host knows the discretionary list alone: no owner, no group, no auditing.
extern "win64" fn ZwSetSecurityObject(
    handle: usize,
    information: u32,
    descriptor: usize,
) -> NtStatus {
    const NAME: &str = "ZwSetSecurityObject";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if information != DACL {
        unimplemented::stop(&format!("{NAME} with the information {information:#x}"));
    }
    let Some(device) = handles::object::<Device>(NAME, handle) else {
        let Some(kind) = handles::kind(handle) else {
            return NtStatus::INVALID_HANDLE;
        };
        unimplemented::stop(&format!("{NAME} for a {kind}"));
    };
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract a security descriptor of the caller's.
    match unsafe { security::dacl(descriptor) } {
        Ok(entries) => {
            let dacl = entries.map(|entries| entries.into_iter().map(entry).collect());
            device.set_security(Descriptor { dacl });
            NtStatus::SUCCESS
        }
        Err(status) => status,
    }
}

fn entry(entry: AccessEntry) -> Ace {
    Ace {
        kind: match entry.kind {
            EntryKind::Allow => AceKind::Allow,
            EntryKind::Deny => AceKind::Deny,
        },
        mask: entry.mask,
        sid: entry.sid,
    }
}
