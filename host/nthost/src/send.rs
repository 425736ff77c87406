//! `nthost send`: a client for one call, for people and scripts.

mod host_command;

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use nt_types::NtStatus;
use nthost_protocol::control::ControlKind;
use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, PAYLOAD_MAX, ReplyHeader, receive};
use zerocopy::little_endian::{U32, U64};

/// `FILE_READ_DATA` and `FILE_WRITE_DATA`.
const READ_AND_WRITE: u32 = 3;
/// The id of the call that is asked for; that of its cancellation is one more.
const CALL_ID: u64 = 2;
/// Bytes in a line of a dump.
const LINE: usize = 16;

/// The arguments of `nthost send`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The host's socket.
    #[arg(long, value_name = "PATH", default_value_os_t = nthost_protocol::default_socket())]
    socket: PathBuf,
    /// The device, with what follows its name; by default the only device interface, or else the only
    /// symbolic link, that a driver has made.
    #[arg(long, value_name = "NAME")]
    open: Option<String>,
    /// The access to open it for: 1 reading, 2 writing, 3 both.
    #[arg(long, value_name = "BITS", default_value_t = READ_AND_WRITE)]
    access: u32,
    /// The network compartment to call in.
    #[arg(long, value_name = "ID")]
    compartment: Option<u32>,
    #[command(flatten)]
    call: Call,
    #[command(flatten)]
    command: host_command::HostCommand,
    /// The input: hexadecimal digits, or `@` and a file's name.
    #[arg(long = "in", value_name = "HEX|@FILE", default_value = "", value_parser = parse_input)]
    input: Input,
    /// Room for the output, in bytes.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    out_len: u32,
    /// Cancel the call after so many milliseconds.
    #[arg(long, value_name = "MS")]
    cancel_after: Option<u64>,
}

/// Which call; without any, the device is opened and closed.
#[derive(Args, Debug)]
#[group(id = "call", multiple = false)]
struct Call {
    /// `DeviceIoControl` with this code, decimal or after `0x` hexadecimal.
    #[arg(long, value_name = "CODE", value_parser = parse_code)]
    ioctl: Option<u32>,
    /// `ReadFile`.
    #[arg(long)]
    read: bool,
    /// `WriteFile`.
    #[arg(long)]
    write: bool,
}

/// The input's bytes.
#[derive(Clone, Debug)]
struct Input(Vec<u8>);

/// Opens, calls, closes, or sends a command; prints each outcome. The exit code is 0 if all succeeded.
pub(crate) fn send(arguments: &Arguments) -> Result<ExitCode> {
    let mut host = Host::connect(&arguments.socket)?;
    if let Some(compartment) = arguments.compartment {
        host.enter_compartment(compartment)?;
    }
    if let Some(header) = arguments.command.header()? {
        let payload = arguments.command.payload();
        let (reply, output) = host.call(&header, payload.as_bytes())?;
        print_outcome("command", &reply);
        print!("{}", arguments.command.words(&output));
        return Ok(exit_code(&reply));
    }
    let name = match &arguments.open {
        Some(name) => name.clone(),
        None => host.only_device()?,
    };
    let opened = host.call(
        &CallHeader {
            id: U64::new(1),
            kind: U32::new(CallKind::Open as u32),
            argument: U32::new(arguments.access),
            ..CallHeader::default()
        },
        name.as_bytes(),
    )?;
    print_outcome("open", &opened.0);
    if !succeeded(&opened.0) {
        return Ok(ExitCode::FAILURE);
    }
    let Some(header) = arguments.header(opened.0.information) else {
        return Ok(ExitCode::SUCCESS);
    };
    host.cancel_after(arguments.cancel_after);
    let (reply, output) = host.call(&header, &arguments.input.0)?;
    print_outcome("call", &reply);
    print!("{}", dump(&output));
    Ok(exit_code(&reply))
}

impl Arguments {
    /// The call that is asked for, without its length.
    fn header(&self, handle: U64) -> Option<CallHeader> {
        let (kind, argument) = match &self.call {
            Call {
                ioctl: Some(code), ..
            } => (CallKind::DeviceControl, *code),
            Call { read: true, .. } => (CallKind::Read, 0),
            Call { write: true, .. } => (CallKind::Write, 0),
            Call { .. } => return None,
        };
        Some(CallHeader {
            id: U64::new(CALL_ID),
            handle,
            kind: U32::new(kind as u32),
            argument: U32::new(argument),
            output_length: U32::new(self.out_len),
            ..CallHeader::default()
        })
    }
}

/// The host, from a client's side.
struct Host {
    stream: UnixStream,
}

impl Host {
    fn connect(socket: &PathBuf) -> Result<Self> {
        let stream = UnixStream::connect(socket)
            .with_context(|| format!("no host answers at {}", socket.display()))?;
        Ok(Self { stream })
    }

    /// Makes a call and waits for its reply; those of other calls are passed over.
    fn call(&mut self, header: &CallHeader, payload: &[u8]) -> Result<(ReplyHeader, Vec<u8>)> {
        let header = CallHeader {
            length: U32::new(u32::try_from(payload.len())?),
            ..*header
        };
        nthost_protocol::send(&mut self.stream, &header, payload)?;
        loop {
            match receive::<ReplyHeader>(&mut self.stream)? {
                Some((reply, output)) if reply.id == header.id => return Ok((reply, output)),
                Some(_) => {}
                None => bail!("the host has gone"),
            }
        }
    }

    /// Makes later calls in a network compartment.
    fn enter_compartment(&mut self, compartment: u32) -> Result<()> {
        let header = CallHeader {
            id: U64::new(1),
            kind: U32::new(ControlKind::SetCompartment as u32),
            argument: U32::new(compartment),
            ..CallHeader::default()
        };
        let (reply, _) = self.call(&header, &[])?;
        if !succeeded(&reply) {
            let status = NtStatus::new(reply.status.get());
            bail!("no interface is in network compartment {compartment}: {status}");
        }
        Ok(())
    }

    /// The name of the only device interface, or else of the only symbolic link to a device.
    fn only_device(&mut self) -> Result<String> {
        let header = CallHeader {
            id: U64::new(1),
            kind: U32::new(ControlKind::DeviceNames as u32),
            output_length: U32::new(PAYLOAD_MAX),
            ..CallHeader::default()
        };
        let (_, names) = self.call(&header, &[])?;
        choose_device(&String::from_utf8_lossy(&names))
    }

    /// Cancels the call that is made next.
    fn cancel_after(&self, milliseconds: Option<u64>) {
        let (Some(time), Ok(mut stream)) = (milliseconds, self.stream.try_clone()) else {
            return;
        };
        let header = CallHeader {
            id: U64::new(CALL_ID + 1),
            target: U64::new(CALL_ID),
            kind: U32::new(CallKind::Cancel as u32),
            ..CallHeader::default()
        };
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(time));
            // If the host has gone, the call's reply says so.
            let _ = nthost_protocol::send(&mut stream, &header, &[]);
        });
    }
}

/// The only device interface of `names`, which has one a line, or else the only symbolic link.
fn choose_device(names: &str) -> Result<String> {
    let (interfaces, links): (Vec<&str>, Vec<&str>) =
        names.lines().partition(|name| name.starts_with(r"\\?\"));
    match (interfaces.as_slice(), links.as_slice()) {
        ([only], _) | ([], [only]) => Ok((*only).to_owned()),
        ([], []) => bail!("no device to open: the driver has made no name; give --open NAME"),
        _ => bail!("several devices to open: give --open NAME with one of\n{names}"),
    }
}

fn exit_code(reply: &ReplyHeader) -> ExitCode {
    if succeeded(reply) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn succeeded(reply: &ReplyHeader) -> bool {
    NtStatus::new(reply.status.get()).is_success()
}

fn print_outcome(what: &str, reply: &ReplyHeader) {
    let status = NtStatus::new(reply.status.get());
    println!("{what}: {status}, information {}", reply.information);
    // The dump that may follow belongs to it.
    let _ = std::io::stdout().flush();
}

/// Bytes in hexadecimal, with their offsets.
fn dump(bytes: &[u8]) -> String {
    let line = |(number, line): (usize, &[u8])| {
        let digits: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{:04x}  {}\n", number * LINE, digits.join(" "))
    };
    bytes.chunks(LINE).enumerate().map(line).collect()
}

fn parse_code(text: &str) -> Result<u32> {
    let code = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    code.with_context(|| format!("`{text}` is no control code"))
}

fn parse_input(text: &str) -> Result<Input> {
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
        assert_eq!(parse_input("00 ff10").unwrap().0, [0, 0xFF, 0x10]);
        assert!(parse_input("0").is_err() && parse_input("zz").is_err());
    }

    #[test]
    fn the_only_interface_is_opened_before_the_only_link() {
        assert_eq!(choose_device("\\\\.\\A\n\\\\?\\b").unwrap(), r"\\?\b");
        assert_eq!(choose_device(r"\\.\A").unwrap(), r"\\.\A");
        let several = choose_device("\\\\.\\A\n\\\\.\\B").unwrap_err().to_string();
        assert!(several.contains(r"\\.\B"), "{several}");
        assert!(choose_device("").is_err());
    }

    #[test]
    fn a_dump_has_offsets() {
        assert_eq!(dump(&[1; 17]).lines().nth(1), Some("0010  01"));
    }
}
