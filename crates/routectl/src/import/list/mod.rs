//! Formats that name only prefixes; the options give the next hop and the interface.

pub(super) mod allowed_ips;
pub(super) mod cidr;
pub(super) mod mask;
pub(super) mod openvpn;

/// The line without a comment.
fn without_comment(line: &str) -> &str {
    let end = ["#", ";", "//"]
        .iter()
        .filter_map(|mark| line.find(mark))
        .min();
    line[..end.unwrap_or(line.len())].trim()
}
