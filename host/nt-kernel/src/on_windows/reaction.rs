//! The ways in which Windows reacts to a broken rule.

/// What Windows does, with Driver Verifier and the framework's verifier on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowsReaction {
    /// The bugcheck, or the answer, of the host.
    Same,
    /// Another bugcheck: its code and its first parameter.
    BugCheck(u32, u64),
    /// An exception with this status, which nothing handles: 0x3B in a system call, 0x7E in a system
    /// thread.
    Exception(u32),
    /// A bugcheck 1 when the system call or the work item ends.
    ApcIndexMismatch,
    /// The framework's verifier stops in the debugger; then the call fails, or does nothing.
    VerifierBreak,
    /// The framework's verifier makes the call fail, without a break.
    Refused,
    /// The call, or the process that sent the request, waits for ever.
    WaitsForEver,
    /// The call works, and nothing notices.
    Nothing,
    /// Memory is used that belongs to another owner or to none: what follows is chance.
    Undefined,
    /// What this host lacks works on Windows.
    Works,
    /// Neither a page nor a measurement says.
    NotKnown,
}

impl WindowsReaction {
    /// Whether the driver goes on. Where it does not, the host stops.
    #[must_use]
    pub const fn lets_the_driver_go_on(self) -> bool {
        matches!(
            self,
            Self::ApcIndexMismatch | Self::VerifierBreak | Self::Refused | Self::Nothing
        )
    }

    /// The reaction in the words with which `docs/host/rules.md` begins.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Same => "the same".to_owned(),
            Self::BugCheck(code, 0) => format!("0x{code:X}"),
            Self::BugCheck(code, first) => format!("0x{code:X}, 0x{first:X}"),
            Self::Exception(status) => {
                format!("0x3B in a system call, 0x7E in a system thread, 0x{status:X}")
            }
            Self::ApcIndexMismatch => "0x1 when the system call or the work item ends".to_owned(),
            Self::VerifierBreak => "break point of the framework's verifier".to_owned(),
            Self::Refused => "the framework's verifier refuses the call".to_owned(),
            Self::WaitsForEver => "waits for ever".to_owned(),
            Self::Nothing => "nothing".to_owned(),
            Self::Undefined => "memory ".to_owned(),
            Self::Works => "the ".to_owned(),
            Self::NotKnown => "not known".to_owned(),
        }
    }
}
