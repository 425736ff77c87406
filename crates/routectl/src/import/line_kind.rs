//! The kinds of lines that are understood and not imported, each with what is done by default.

/// A kind of line that is left out by default. [`LineKind`] has the kinds that are rejected.
///
/// [`LineKind`]: super::line::LineKind
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    /// A route that a system adds by itself.
    SystemRoute,
    /// A route that discards packets, added by the kernel of Linux for its own use.
    KernelDiscard,
    /// A route that a routing daemon knows but does not use.
    NotInUse,
    /// A command that a jump of the batch file passes over.
    NotRun,
    /// The deletion of a route that does not exist.
    Absent,
    /// A route that an earlier line has with a better or the same metric.
    Repeated,
    /// The prompt of a shell, with a command that shows routes.
    Prompt,
    /// A comment, a title, or a command that does not concern routes.
    Noise,
}

impl LeftOut {
    /// The note about such lines, if a user would want one.
    pub(super) const fn note(self) -> Option<&'static str> {
        match self {
            Self::SystemRoute => Some(
                "skipped routes that a system adds by itself for its own addresses, loopback, \
                 multicast and broadcast",
            ),
            Self::KernelDiscard => {
                Some("left out `unreachable` routes that the kernel adds for its own use")
            }
            Self::NotInUse => Some("left out routes that the routing daemon does not use"),
            Self::NotRun => Some("left out commands that the file jumps over"),
            Self::Absent => Some("left out deletions of routes that do not exist"),
            Self::Repeated => {
                Some("left out routes that another line has with the same or a better metric")
            }
            Self::Prompt | Self::Noise => None,
        }
    }

    /// True if the note names the lines.
    pub(super) const fn lists_lines(self) -> bool {
        !matches!(self, Self::SystemRoute)
    }

    /// True if the line shows that the file has routes.
    pub(super) const fn is_route(self) -> bool {
        !matches!(self, Self::Prompt | Self::Noise)
    }
}
