//! The security descriptor definition language, as far as drivers use it: the discretionary list,
//! with entries that allow or deny.

use super::rights::{FILE_ALL_ACCESS, FILE_GENERIC_EXECUTE, FILE_GENERIC_READ, FILE_GENERIC_WRITE};

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AceKind {
    /// Grants rights.
    Allow,
    /// Denies rights.
    Deny,
}

/// An entry of an access control list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ace {
    /// What it does.
    pub kind: AceKind,
    /// The rights that it is about.
    pub mask: u32,
    /// The SID it applies to, in the form `S-1-5-18`.
    pub sid: String,
}

/// A security descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The discretionary access control list. `None`: the object has no list, and every user has
    /// all access.
    pub dacl: Option<Vec<Ace>>,
}

/// The SIDs that have two letters.
const SIDS: [(&str, &str); 14] = [
    ("AN", "S-1-5-7"),
    ("AU", "S-1-5-11"),
    ("BA", "S-1-5-32-544"),
    ("BG", "S-1-5-32-546"),
    ("BU", "S-1-5-32-545"),
    ("IU", "S-1-5-4"),
    ("LS", "S-1-5-19"),
    ("NO", "S-1-5-32-556"),
    ("NS", "S-1-5-20"),
    ("NU", "S-1-5-2"),
    ("RC", "S-1-5-12"),
    ("SU", "S-1-5-6"),
    ("SY", "S-1-5-18"),
    ("WD", "S-1-1-0"),
];

/// The rights that have two letters.
const RIGHTS: [(&str, u32); 12] = [
    ("GA", 0x1000_0000),
    ("GR", 0x8000_0000),
    ("GW", 0x4000_0000),
    ("GX", 0x2000_0000),
    ("FA", FILE_ALL_ACCESS),
    ("FR", FILE_GENERIC_READ),
    ("FW", FILE_GENERIC_WRITE),
    ("FX", FILE_GENERIC_EXECUTE),
    ("RC", 0x0002_0000),
    ("SD", 0x0001_0000),
    ("WD", 0x0004_0000),
    ("WO", 0x0008_0000),
];

/// In place of a list: the object has no list, and every user has all access.
const NO_LIST: &str = "NO_ACCESS_CONTROL";

/// Flags before a list that change nothing here: protected, auto-inherit.
const LIST_FLAGS: [&str; 3] = ["P", "AR", "AI"];

impl Descriptor {
    /// The descriptor that `text` spells.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut dacl = None;
        let mut rest = text;
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let (tag, value) = rest.split_once(':')?;
            let end = next_component(value);
            let (value, after) = value.split_at(end);
            match tag {
                "O" | "G" => drop(parse_sid(value)?),
                "D" if value == NO_LIST => dacl = None,
                "D" => dacl = Some(parse_list(value)?),
                // Auditing: accepted; the host has no auditing.
                "S" => {}
                _ => return None,
            }
            rest = after;
        }
        Some(Self { dacl })
    }
}

/// Where the component ends whose value `text` begins with: before the next `X:` outside
/// parentheses.
fn next_component(text: &str) -> usize {
    let mut depth = 0;
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ':' if depth == 0 => return index.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

/// A list: flags, then entries in parentheses.
fn parse_list(text: &str) -> Option<Vec<Ace>> {
    let start = text.find('(').unwrap_or(text.len());
    let (mut flags, mut entries) = text.split_at(start);
    while !flags.is_empty() {
        flags = LIST_FLAGS
            .iter()
            .find_map(|flag| flags.strip_prefix(flag))?;
    }
    let mut list = Vec::new();
    while !entries.is_empty() {
        let (entry, after) = entries.strip_prefix('(')?.split_once(')')?;
        list.push(parse_entry(entry)?);
        entries = after;
    }
    Some(list)
}

/// An entry: kind, flags, rights, two GUIDs that must be absent, and the SID.
fn parse_entry(text: &str) -> Option<Ace> {
    let fields: Vec<&str> = text.split(';').map(str::trim).collect();
    let [kind, _flags, rights, "", "", sid] = fields.as_slice() else {
        return None;
    };
    Some(Ace {
        kind: match *kind {
            "A" => AceKind::Allow,
            "D" => AceKind::Deny,
            _ => return None,
        },
        mask: mask(rights)?,
        sid: parse_sid(sid)?,
    })
}

/// Rights: a number, or pairs of letters.
fn mask(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(digits, 16).ok();
    }
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let right = |pair: &[u8; 2]| {
        let known = RIGHTS.iter().find(|(name, _)| name.as_bytes() == pair)?;
        Some(known.1)
    };
    let complete = rest.is_empty() && !pairs.is_empty();
    pairs
        .iter()
        .try_fold(0, |mask, pair| Some(mask | right(pair)?))
        .filter(|_| complete)
}

/// A SID: two letters, or `S-1-` and numbers.
fn parse_sid(text: &str) -> Option<String> {
    if let Some((_, sid)) = SIDS.iter().find(|(letters, _)| *letters == text) {
        return Some((*sid).to_owned());
    }
    let numbers: Vec<&str> = text.strip_prefix("S-1-")?.split('-').collect();
    let sound = numbers.len() >= 2 && numbers.iter().all(|number| number.parse::<u64>().is_ok());
    sound.then(|| text.to_owned())
}
