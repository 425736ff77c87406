//! Input of a call, and control codes, as people write them.

use anyhow::{Context, Result, bail};

/// The input's bytes.
#[derive(Clone, Debug)]
pub(super) struct Input(pub(super) Vec<u8>);

/// A control code: decimal, or hexadecimal after `0x`.
pub(super) fn parse_code(text: &str) -> Result<u32> {
    let code = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    code.with_context(|| format!("`{text}` is no control code"))
}

/// Hexadecimal digits, or `@` and a file's name.
pub(super) fn parse(text: &str) -> Result<Input> {
    if let Some(path) = text.strip_prefix('@') {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
        return Ok(Input(bytes));
    }
    let digits: String = text.chars().filter(|next| !next.is_whitespace()).collect();
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        bail!("an odd number of digits");
    };
    let byte = |pair: &[u8; 2]| {
        let pair = std::str::from_utf8(pair)?;
        u8::from_str_radix(pair, 16).with_context(|| format!("`{pair}` is no byte"))
    };
    Ok(Input(pairs.iter().map(byte).collect::<Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_read_in_hexadecimal() {
        assert_eq!(parse("00 ff10").unwrap().0, [0, 0xFF, 0x10]);
        assert!(parse("0").is_err() && parse("zz").is_err());
    }
}
