//! The lines of `nthost send --calls`: one call each.

use anyhow::{Context, Result, bail};

use super::input::{self, Input};

/// Room for the output, in bytes, of a call that does not say.
const OUTPUT_LENGTH: u32 = 4096;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ScriptLine {
    /// Nothing: it is empty or a comment.
    Nothing,
    /// A call.
    Call(ScriptCall),
    /// Cancel the call with this number.
    Cancel(u64),
    /// Wait for the call with this number, or for all.
    Wait(Option<u64>),
}

/// A call of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScriptCall {
    pub(super) operation: DeviceOperation,
    pub(super) input: Vec<u8>,
    /// Room for the output, in bytes.
    pub(super) output_length: u32,
    /// True if the next line does not wait for the outcome.
    pub(super) in_background: bool,
}

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeviceOperation {
    DeviceControl(u32),
    Read,
    Write,
}

impl ScriptLine {
    /// Reads a line.
    pub(super) fn parse(line: &str) -> Result<Self> {
        let words = line.split_whitespace();
        let words: Vec<&str> = words.take_while(|word| !word.starts_with('#')).collect();
        let (words, in_background) = match words.split_last() {
            Some((&"&", words)) => (words, true),
            _ => (words.as_slice(), false),
        };
        let line = match words {
            [] => Self::Nothing,
            ["cancel", call] => Self::Cancel(number(call)?),
            ["wait"] => Self::Wait(None),
            ["wait", call] => Self::Wait(Some(number(call)?)),
            ["ioctl", code, options @ ..] => {
                let operation = DeviceOperation::DeviceControl(input::parse_code(code)?);
                Self::Call(ScriptCall::with_options(operation, options)?)
            }
            ["read", options @ ..] => {
                Self::Call(ScriptCall::with_options(DeviceOperation::Read, options)?)
            }
            ["write", options @ ..] => {
                Self::Call(ScriptCall::with_options(DeviceOperation::Write, options)?)
            }
            [word, ..] => bail!(
                "invalid word `{word}`: expected ioctl CODE, read, write, cancel CALL or wait"
            ),
        };
        match line {
            Self::Call(call) => Ok(Self::Call(ScriptCall {
                in_background,
                ..call
            })),
            _ if in_background => bail!("`&` is for ioctl, read and write"),
            line => Ok(line),
        }
    }
}

impl ScriptCall {
    fn with_options(operation: DeviceOperation, mut options: &[&str]) -> Result<Self> {
        let mut call = Self {
            operation,
            input: Vec::new(),
            output_length: OUTPUT_LENGTH,
            in_background: false,
        };
        while let [name, value, rest @ ..] = options {
            match *name {
                "in" => {
                    let Input(bytes) = input::parse(value)?;
                    call.input = bytes;
                }
                "out" => {
                    let length = value.parse();
                    call.output_length =
                        length.with_context(|| format!("`{value}` is no number of bytes"))?;
                }
                name => bail!("invalid word `{name}`: expected in HEX, in @FILE or out BYTES"),
            }
            options = rest;
        }
        if let [name] = options {
            bail!("`{name}` needs a value");
        }
        Ok(call)
    }

    /// The word for the call.
    pub(super) const fn name(&self) -> &'static str {
        match self.operation {
            DeviceOperation::DeviceControl(_) => "ioctl",
            DeviceOperation::Read => "read",
            DeviceOperation::Write => "write",
        }
    }
}

fn number(word: &str) -> Result<u64> {
    word.parse()
        .with_context(|| format!("`{word}` is no number of a call"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_call_with_its_options() {
        let line = ScriptLine::parse("  ioctl 0x80002000 in 00ff out 8 & ").unwrap();
        let expected = ScriptCall {
            operation: DeviceOperation::DeviceControl(0x8000_2000),
            input: vec![0, 0xFF],
            output_length: 8,
            in_background: true,
        };
        assert_eq!(line, ScriptLine::Call(expected));
        let ScriptLine::Call(read) = ScriptLine::parse("read").unwrap() else {
            panic!("a call");
        };
        assert_eq!((read.output_length, read.name()), (4096, "read"));
        assert_eq!(
            ScriptLine::parse("wait 2").unwrap(),
            ScriptLine::Wait(Some(2))
        );
        assert_eq!(
            ScriptLine::parse("cancel 1 # why").unwrap(),
            ScriptLine::Cancel(1)
        );
        assert_eq!(ScriptLine::parse("# comment").unwrap(), ScriptLine::Nothing);
        assert_eq!(ScriptLine::parse("").unwrap(), ScriptLine::Nothing);
    }

    #[test]
    fn a_wrong_line_says_what_is_expected() {
        let error = |line| ScriptLine::parse(line).unwrap_err().to_string();
        assert!(error("open x").contains("`open`: expected ioctl CODE"));
        assert!(error("read out").contains("`out` needs a value"));
        assert!(error("read from 3").contains("`from`: expected in HEX"));
        assert!(error("wait &").contains("`&` is for"));
        assert!(error("cancel first").contains("`first` is no number"));
        assert!(error("ioctl code").contains("`code` is no control code"));
    }
}
