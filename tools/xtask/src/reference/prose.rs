//! From the documentation of Rust items to words for readers of C.

use contract_reader::{Contract, names};

/// The text with Rust's names in its code spans turned into those of C, links without their
/// targets, and paragraphs joined.
pub(crate) fn markdown(contract: &Contract, text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Code spans are the odd pieces between backticks.
    let mut result = String::new();
    let mut linked = false;
    for (index, piece) in text.split('`').enumerate() {
        if index % 2 == 1 {
            result.push('`');
            result.push_str(&translate(contract, piece, linked));
            result.push('`');
        } else {
            linked = piece.ends_with('[');
            result.push_str(without_links(piece));
        }
    }
    result
}

/// The same without backticks.
pub(crate) fn plain(contract: &Contract, text: &str) -> String {
    markdown(contract, text).replace('`', "")
}

/// The text as C comment, as many lines as it needs, indented.
pub(crate) fn comment(text: &str, indent: usize) -> String {
    const WIDTH: usize = 96;
    let indent = " ".repeat(indent);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.len());
        if line > 0 && indent.len() + line + word.len() > WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    format!("{indent}/* {} */\n", lines.join(&format!("\n{indent}   ")))
}

/// What stands between two code spans, without the brackets and the target of a link.
fn without_links(piece: &str) -> &str {
    let after = match piece.strip_prefix("](") {
        Some(rest) => rest.split_once(')').map_or("", |(_, after)| after),
        None => piece.strip_prefix(']').unwrap_or(piece),
    };
    after.strip_suffix('[').unwrap_or(after)
}

/// The name in C of something that has one there. What is not linked may be a name of Windows that
/// one of our structures has too.
fn translate(contract: &Contract, name: &str, linked: bool) -> String {
    if let Some(cause) = name.strip_prefix("Cause::") {
        return format!("{}CAUSE_{cause}", names::PREFIX);
    }
    match name {
        "Cause" => return "cause".to_owned(),
        "AddressFamily" => return "ADDRESS_FAMILY".to_owned(),
        _ => {}
    }
    if linked && contract.structure(name).is_some() {
        return names::structure(name);
    }
    let is_constant = contract
        .constants
        .iter()
        .any(|constant| constant.name == name);
    if is_constant || name == "CAPABILITY_" {
        return format!("{}{name}", names::PREFIX);
    }
    let mut members = contract.structures.iter().flat_map(|s| &s.members);
    if members.any(|member| member.name == name) {
        return names::member(name);
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lose_their_targets() {
        let text = "The\n[`next_cursor`](TableHeader::next_cursor) of [`Other`], see `x`.";
        let said = markdown(&Contract::default(), text);
        assert_eq!(said, "The `next_cursor` of `Other`, see `x`.");
    }

    #[test]
    fn a_long_comment_is_wrapped_and_indented() {
        let said = comment(&"word ".repeat(30), 4);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("    /* word"));
        assert!(lines[1].starts_with("       word") && lines[1].ends_with(" */"));
    }
}
