//! `nthost send`: a client for one call, for people and scripts.

mod calls;
mod host_command;
mod input;
mod output;
mod script;

use std::fs::File;
use std::io::{self, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
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

use input::Input;
use output::{print_outcome, print_text, succeeded};

/// `FILE_READ_DATA` and `FILE_WRITE_DATA`.
const READ_AND_WRITE: u32 = 3;
/// The id of the call that is asked for; that of its cancellation is one more.
const CALL_ID: u64 = 2;

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
    #[arg(long = "in", value_name = "HEX|@FILE", default_value = "", value_parser = input::parse)]
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
    #[arg(long, value_name = "CODE", value_parser = input::parse_code)]
    ioctl: Option<u32>,
    /// `ReadFile`.
    #[arg(long)]
    read: bool,
    /// `WriteFile`.
    #[arg(long)]
    write: bool,
    /// Several calls on one handle: FILE has one a line, `-` is standard input. A line is `ioctl CODE`,
    /// `read` or `write`, then `in HEX`, `in @FILE` and `out BYTES` as they are needed; with `&` at its
    /// end the next line does not wait for the outcome. `cancel N` cancels the N-th call, `wait N`
    /// waits for it, `wait` for all; `#` begins a comment.
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
}

/// Opens, calls, closes, or sends a command; prints each outcome. The exit code is 0 if all succeeded.
pub(crate) fn send(arguments: &Arguments) -> Result<ExitCode> {
    let mut host = Host::connect(&arguments.socket)?;
    if let Some(compartment) = arguments.compartment {
        host.enter_compartment(compartment)?;
    }
    if let Some(header) = arguments.command.header()? {
        let payload = arguments.command.payload();
        let (reply, output) = host.call(&header, payload.as_bytes())?;
        print_outcome("command", &reply, &[]);
        print_text(&arguments.command.words(&output));
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
    print_outcome("open", &opened.0, &[]);
    if !succeeded(&opened.0) {
        return Ok(ExitCode::FAILURE);
    }
    if let Some(path) = &arguments.call.calls {
        let succeeded = make_calls(&host, opened.0.information, path)?;
        return Ok(if succeeded {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    let Some(header) = arguments.header(opened.0.information) else {
        return Ok(ExitCode::SUCCESS);
    };
    host.cancel_after(arguments.cancel_after);
    let (reply, output) = host.call(&header, &arguments.input.0)?;
    print_outcome("call", &reply, &output);
    Ok(exit_code(&reply))
}

/// Makes the calls of the file at `path`, or of standard input.
fn make_calls(host: &Host, handle: U64, path: &Path) -> Result<bool> {
    if path == Path::new("-") {
        return calls::run(&host.stream, handle, io::stdin().lock());
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    calls::run(&host.stream, handle, BufReader::new(file))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_interface_is_opened_before_the_only_link() {
        assert_eq!(choose_device("\\\\.\\A\n\\\\?\\b").unwrap(), r"\\?\b");
        assert_eq!(choose_device(r"\\.\A").unwrap(), r"\\.\A");
        let several = choose_device("\\\\.\\A\n\\\\.\\B").unwrap_err().to_string();
        assert!(several.contains(r"\\.\B"), "{several}");
        assert!(choose_device("").is_err());
    }
}
